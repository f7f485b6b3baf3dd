"""What the mouse does on the canvas: pan, select, rectangle, outline."""
