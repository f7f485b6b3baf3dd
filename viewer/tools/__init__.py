"""What the left hand of a view holds: move and select, draw a rectangle, draw an outline."""
