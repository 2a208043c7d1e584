"""Determine the tax of each line, by versioned rules with sources or by an external tax engine."""
