"""A released invoice to the ERP."""

from billproof.aws.handlers import InvoiceMessage, each_invoice
from billproof.aws.ports import Ports
from billproof.erp.service import Posting, post_to_erp


@each_invoice(prefix="post_to_erp.v1")
def handler(message: InvoiceMessage, ports: Ports) -> Posting:
    """Post the invoice that one message names."""
    return post_to_erp(
        invoice_id=message.invoice,
        register=ports.register,
        directory=ports.directory,
        objects=ports.objects,
        erp=ports.erp,
        engines=ports.tax_engines,
    )
