"""CT in the window: planes through a series, what lies over them, and the hands that measure."""
