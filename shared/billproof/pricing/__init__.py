"""Compute lines with explanations from quantities and contract terms."""
