"""Billproof: from contract and usage to posted invoices, with a proof that no revenue was lost."""
