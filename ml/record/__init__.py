"""Signed records of what was reported: from what, by what, how; and what of it still holds."""
