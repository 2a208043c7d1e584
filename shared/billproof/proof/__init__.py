"""Proving runs and invoices: everything is computed again from the log and the contracts, and compared."""
