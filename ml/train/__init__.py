"""From labelled patches to a validated model bundle. Imports torch."""
