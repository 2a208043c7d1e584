"""Electronic invoices of EN 16931. Only deliver_einvoice imports this: it needs the einvoices layer."""
