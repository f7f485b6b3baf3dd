"""The steps, by name in their order. Each is a revision of Alembic's; one that was released never changes."""
