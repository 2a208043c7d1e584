"""Invoices and credit notes: drafting, numbering, release and delivery."""
