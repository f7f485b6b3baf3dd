"""Builds Parfocal as one folder that needs no Python, and the packages that people install."""
