"""A released invoice to its customer."""

from billproof.adapters.typst.pdf import render_invoice
from billproof.composition import Composition
from billproof.handlers import InvoiceMessage, count, each_invoice
from billproof.invoicing.delivery import Delivery, HandedOn, deliver_invoice
from billproof.invoicing.resending import Resent, WantedResending, resend_invoice


@each_invoice(prefix="deliver_invoice.v1")
def handler(message: InvoiceMessage, ports: Composition) -> Delivery | HandedOn | Resent:
    """Deliver the invoice that one message names, hand it on where its form is electronic, or send it once more."""
    if message.resend is not None:
        return resend_invoice(
            WantedResending.model_validate(message.resend),
            invoice_id=message.invoice,
            register=ports.register,
            objects=ports.objects,
            mailer=ports.document_mailer,
            sender=ports.settings.sender,
            pages=ports.customer_pages,
        )
    delivered = deliver_invoice(
        invoice_id=message.invoice,
        register=ports.register,
        objects=ports.objects,
        archive=ports.archive,
        render=render_invoice,
        mailer=ports.document_mailer,
        sender=ports.settings.sender,
        electronic=ports.einvoices,
        pages=ports.customer_pages,
    )
    count("DeliveryProblems", int(isinstance(delivered, Delivery) and delivered.is_unreachable))
    return delivered
