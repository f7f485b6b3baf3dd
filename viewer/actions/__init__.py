"""Every command as data: one list feeds menus, toolbar, shortcuts and the palette."""
