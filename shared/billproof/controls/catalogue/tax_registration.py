"""Tax numbers that are missing or malformed."""

from collections.abc import Iterator

from stdnum.eu import vat

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.masterdata.parties import CustomerKind


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find businesses in the EU whose VAT number is missing or malformed (check digits by python-stdnum).

    If the customer accounts for the tax, the invoice must show the customer's number (article 226 (4), Directive
    2006/112/EC). In that case the tax step holds the invoice while the number is missing.
    """
    for account in facts.terms.members:
        is_member = account.address.country.lower().replace("gr", "el") in vat.MEMBER_STATES
        if account.customer_kind is not CustomerKind.BUSINESS or not is_member:
            continue
        if not account.vat_number:
            yield Observation("account/vat_number", f"business in {account.address.country} without a VAT number")
        elif not vat.is_valid(account.vat_number):
            yield Observation("account/vat_number", f"{account.vat_number!r} is no VAT number")


CONTROL = Control(
    code="tax_registration",
    severity=Severity.WARNING,
    owner=Owner.TAX,
    remedy="ask the customer for the number and publish a new version of the account",
    check=_check,
)
