"""Slides: one contract, one reader a container, and any rectangle at any spacing."""
