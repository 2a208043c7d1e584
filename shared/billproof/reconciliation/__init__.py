"""Comparing what was invoiced with what the books say."""
