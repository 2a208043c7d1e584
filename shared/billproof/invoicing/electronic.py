"""Electronic forms of a released document: EN 16931 as UBL or as Factur-X."""

from collections.abc import Callable
from dataclasses import dataclass

from billproof.invoicing.model import Invoice, Released
from billproof.masterdata.documents import DocumentForm

VAT_COUNTRIES = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "GB", "XI", "CH", "LI", "NO"),
    )
)
"""Countries whose tax is a VAT that the categories of EN 16931 are of."""


@dataclass(frozen=True, slots=True)
class ElectronicDocument:
    """A document in the form that its customer takes: the name of its file, its media type, and its bytes."""

    name: str
    media_type: str
    data: bytes

    @property
    def has_pdf(self) -> bool:
        """Whether people can read it, too: Factur-X is a PDF."""
        return self.media_type == "application/pdf"


HYBRID = "-factur-x.pdf"
"""What the file of an invoice that is both a PDF and electronic ends in, after the number."""
ElectronicMaker = Callable[[Invoice, Released, bytes], ElectronicDocument]
"""Makes a released document electronic, from it and its PDF; raises NotExpressible and RulesBroken."""


def is_electronic(invoice: Invoice) -> bool:
    """Say whether a customer takes a document in an electronic form."""
    return invoice.particulars is not None and invoice.particulars.form is not DocumentForm.PDF
