"""Compare invoices with the postings in the ERP."""
