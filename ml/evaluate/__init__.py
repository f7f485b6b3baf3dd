"""Figures of merit, from numpy and scikit-learn. No torch."""
