"""The window: it shows what `ml` computes and turns gestures into wishes. Importing it loads no torch."""
