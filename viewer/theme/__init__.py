"""How Parfocal looks: colours, fonts and icons, light and dark."""
