"""The panels beside the picture. They show state and say what the person wishes, nothing else."""
