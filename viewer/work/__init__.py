"""Work in the background: opening, analysis, reporting. The only place from which torch is reached."""
