"""Codes of EN 16931: categories of VAT, units, means of payment, and the names of the forms.

Sources: EN 16931-1:2017 and its code lists (UNCL5305, UNTDID 4461, UN/ECE Recommendation 20, VATEX); Peppol BIS Billing
3.0; XRechnung 3.0.
"""

from decimal import Decimal
from enum import StrEnum

from billproof.errors import NotExpressible
from billproof.invoicing.electronic import VAT_COUNTRIES
from billproof.masterdata.documents import DocumentForm
from billproof.tax.model import Treatment


class VatCategory(StrEnum):
    """A category of VAT (UNCL5305)."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    OUTSIDE = "O"


_CATEGORIES = {
    Treatment.REVERSE_CHARGE: VatCategory.REVERSE_CHARGE,
    Treatment.EXEMPT: VatCategory.EXEMPT,
    Treatment.ZERO_RATED: VatCategory.ZERO,
    Treatment.OUTSIDE_SCOPE: VatCategory.OUTSIDE,
}
REASON_CODES = {VatCategory.REVERSE_CHARGE: "VATEX-EU-AE", VatCategory.OUTSIDE: "VATEX-EU-O"}
"""Why no tax is charged, as a code (BT-121)."""


def vat_category(treatment: str, percent: Decimal, jurisdiction: str) -> VatCategory:
    """Return the category of a tax (BT-118, BT-151); raises NotExpressible where EN 16931 has none for it."""
    if treatment == Treatment.STANDARD and jurisdiction[:2] in VAT_COUNTRIES:
        return VatCategory.STANDARD if percent else VatCategory.ZERO
    category = next((category for known, category in _CATEGORIES.items() if known == treatment), None)
    if category is None:
        message = f"EN 16931 has no category of VAT for {treatment} in {jurisdiction}"
        raise NotExpressible(message, term="BT-118")
    return category


CUSTOMIZATIONS = {
    DocumentForm.UBL: "urn:cen.eu:en16931:2017",
    DocumentForm.FACTUR_X: "urn:cen.eu:en16931:2017",
    DocumentForm.PEPPOL: "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    DocumentForm.XRECHNUNG: "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
}
"""What a document says that it conforms to (BT-24)."""
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
"""The business process of Peppol's billing (BT-23); XRechnung names it, too."""

_UNITS = {
    **dict.fromkeys(("minute", "minutes"), "MIN"),
    **dict.fromkeys(("hour", "hours"), "HUR"),
    **dict.fromkeys(("day", "days"), "DAY"),
    **dict.fromkeys(("month", "months"), "MON"),
    **dict.fromkeys(("mile", "miles"), "SMI"),
    **dict.fromkeys(("km", "kilometre", "kilometres"), "KMT"),
    **dict.fromkeys(("kwh", "kilowatt hours"), "KWH"),
    **dict.fromkeys(("gb", "gigabyte", "gigabytes"), "E34"),
    **dict.fromkeys(("mb", "megabyte", "megabytes"), "4L"),
}
ONE = "C62"
"""One, the unit of whatever is counted."""


def unit_code(unit: str | None) -> str:
    """Return the code of a unit (BT-130); what has none is counted."""
    return _UNITS.get((unit or "").lower(), ONE)


class MeansOfPayment(StrEnum):
    """How a document is paid (BT-81; UNTDID 4461)."""

    NOT_DEFINED = "1"
    CREDIT_TRANSFER = "30"
    SEPA_CREDIT_TRANSFER = "58"
    CLEARING = "97"
