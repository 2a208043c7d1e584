"""A released invoice to its customer, in the electronic form that it takes."""

from billproof.adapters.einvoice.making import make_electronic
from billproof.composition import Composition
from billproof.handlers import InvoiceMessage, count, each_invoice
from billproof.invoicing.delivery import Delivery
from billproof.invoicing.electronic_delivery import deliver_electronic


@each_invoice(prefix="deliver_einvoice.v1")
def handler(message: InvoiceMessage, ports: Composition) -> Delivery:
    """Make the electronic form of the invoice that one message names, and deliver it."""
    delivered = deliver_electronic(
        invoice_id=message.invoice,
        register=ports.register,
        objects=ports.objects,
        archive=ports.archive,
        make=make_electronic,
        mailer=ports.document_mailer,
        sender=ports.settings.sender,
        pages=ports.customer_pages,
    )
    count("DeliveryProblems", int(delivered.is_unreachable))
    return delivered
