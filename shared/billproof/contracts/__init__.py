"""Versioned contracts: charges, prices, and the time line of their terms."""
