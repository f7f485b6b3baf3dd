"""Annotations from and to the formats of other programs: one contract, in `formats`."""
