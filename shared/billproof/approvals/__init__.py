"""Exceptions: invoices, credit notes and runs that wait for a decision, and the decisions."""
