"""How the library's tables came about: one file in `versions` for each released schema, run by Alembic."""
