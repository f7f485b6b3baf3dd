"""What an analysis found: scores on a patch grid, and everything that follows from them without a network."""
