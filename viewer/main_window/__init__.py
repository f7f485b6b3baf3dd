"""The window: a frame of panels round the picture, and small pieces that join wishes to work."""
