"""Every command as data: one list feeds menus, tool strip, shortcuts, the palette and the list of keys."""
