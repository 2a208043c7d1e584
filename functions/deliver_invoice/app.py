"""A released invoice to its customer."""

from billproof.adapters.typst.pdf import render_invoice
from billproof.composition import Composition
from billproof.handlers import InvoiceMessage, each_invoice
from billproof.invoicing.delivery import Delivery, HandedOn, deliver_invoice


@each_invoice(prefix="deliver_invoice.v1")
def handler(message: InvoiceMessage, ports: Composition) -> Delivery | HandedOn:
    """Deliver the invoice that one message names, or hand it on where its customer takes an electronic form."""
    return deliver_invoice(
        invoice_id=message.invoice,
        register=ports.register,
        objects=ports.objects,
        render=render_invoice,
        mailer=ports.mailer,
        sender=ports.settings.sender,
        electronic=ports.einvoices,
    )
