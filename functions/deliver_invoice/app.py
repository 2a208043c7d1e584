"""A released invoice to its customer."""

from billproof.aws.handlers import InvoiceMessage, each_invoice
from billproof.aws.ports import Ports
from billproof.documents.pdf import render_invoice
from billproof.invoicing.delivery import Delivery, deliver_invoice


@each_invoice(prefix="deliver_invoice.v1")
def handler(message: InvoiceMessage, ports: Ports) -> Delivery:
    """Deliver the invoice that one message names."""
    return deliver_invoice(
        invoice_id=message.invoice,
        register=ports.register,
        objects=ports.objects,
        render=render_invoice,
        mailer=ports.mailer,
        sender=ports.settings.sender,
    )
