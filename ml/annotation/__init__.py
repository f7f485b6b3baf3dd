"""Annotations: shapes, the document that holds them, and the formats they travel in."""
