"""A report as a person writes it: template, draft, and the one paper that every output is made from."""
