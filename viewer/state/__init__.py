"""What the window knows: open slides, findings, what can be undone, recent files. No widget in here."""
