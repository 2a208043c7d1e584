"""Money that arrives: receipts, what they pay, and what is left of both."""
