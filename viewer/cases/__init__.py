"""The case library: what a person opened, drew, decided and handed on, kept in a database. No Qt in here."""
