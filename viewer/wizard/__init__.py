"""Training a model, step by step: every choice in one plan, the plan as a recipe, the recipe by the verbs."""
