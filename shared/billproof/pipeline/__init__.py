"""Billing runs: start, plan, execute the steps, close, and preview."""
