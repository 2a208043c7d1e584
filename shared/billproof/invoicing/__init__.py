"""Drafting, numbering, releasing and delivering invoices."""
