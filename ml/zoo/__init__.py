"""Model bundles: a card that says everything about a model, and its weights beside it."""
