"""Invoices as PDF. Only deliver_invoice imports this: it needs the documents layer."""
