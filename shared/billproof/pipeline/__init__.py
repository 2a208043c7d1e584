"""Billing runs: starting them once, planning them, closing them with a statement."""
