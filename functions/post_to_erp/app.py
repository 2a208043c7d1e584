"""A released invoice to the ERP."""

from billproof.composition import Composition
from billproof.erp.posting import Posting
from billproof.erp.service import post_to_erp
from billproof.handlers import InvoiceMessage, each_invoice


@each_invoice(prefix="post_to_erp.v1")
def handler(message: InvoiceMessage, ports: Composition) -> Posting:
    """Post the invoice that one message names."""
    return post_to_erp(
        invoice_id=message.invoice,
        register=ports.register,
        directory=ports.directory,
        objects=ports.objects,
        erps=ports.erps,
        engines=ports.tax_engines,
    )
