"""Mandates of electronic invoicing: from which day a seller owes a customer which form, as data with sources.

A mandate that no form of ours meets, such as one that goes through an authority, holds the document: a legal entity
that meets it by other means, or that it does not bind, says so. What is asked of small companies later is asked of all.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources

from pydantic import Field

from billproof.invoicing.model import Invoice
from billproof.invoicing.particulars import Particulars
from billproof.masterdata.documents import DocumentForm
from billproof.masterdata.parties import CustomerKind, TaxRounding
from billproof.model import Model

UNION = "EU"
"""In place of a country: any two member states, which are not the same."""


class Mandate(Model):
    """From which day a business of one country owes one of another, or of the same, a document in one of some forms.

    Without forms it goes through an authority or a platform, which none of ours does.
    """

    seller: str
    buyer: str
    since: date = Field(alias="from")
    forms: tuple[DocumentForm, ...]
    rounds_on_total: bool
    source: str


class Mandates(Model):
    """The file of mandates."""

    version: str
    review: str
    mandates: tuple[Mandate, ...]


@cache
def mandates() -> Mandates:
    """Read the mandates."""
    return Mandates.model_validate_json(resources.files("billproof.invoicing").joinpath("mandates.json").read_bytes())


def mandate_of(seller: str, buyer: str, day: date, members: frozenset[str]) -> Mandate | None:
    """Return the mandate between businesses of two countries on a day, or None; `members` are those of the Union."""
    for mandate in mandates().mandates:
        is_between = (mandate.seller, mandate.buyer) == (seller, buyer)
        is_in_union = mandate.seller == UNION and seller != buyer and {seller, buyer} <= members
        if (is_between or is_in_union) and mandate.since <= day:
            return mandate
    return None


def unmet_mandate(invoice: Invoice, members: frozenset[str]) -> Iterator[str]:
    """Yield what a document lacks of the mandate that it is under: its form, or how its tax is rounded."""
    stated, buyer = invoice.particulars or Particulars(), invoice.buyer
    seller = invoice.seller.address.country
    mandate = mandate_of(seller, buyer.address.country, invoice.issue_date, members)
    if mandate is None or buyer.customer_kind is not CustomerKind.BUSINESS or seller in stated.mandates_met:
        return
    if not mandate.forms:
        yield f"a form that {seller} mandates since {mandate.since} and billproof does not make: {mandate.source}"
    elif stated.form not in mandate.forms:
        names = ", ".join(form.value for form in mandate.forms)
        yield f"the form that {seller} mandates since {mandate.since}, one of {names}: {mandate.source}"
    if mandate.rounds_on_total and any(group.rule is TaxRounding.PER_LINE for group in invoice.tax_summary):
        yield f"tax that is rounded on the total, not on each line: {mandate.source}"
