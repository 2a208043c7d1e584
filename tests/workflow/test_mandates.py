"""Which form a seller owes whom from which day: a table by hand, and what fails closed."""

from datetime import date

import pytest

from billproof.invoicing.mandates import mandates
from billproof.invoicing.model import Invoice
from billproof.invoicing.required_items import missing_items
from billproof.masterdata.documents import DocumentForm
from billproof.masterdata.parties import CustomerKind, TaxRounding
from tests.support.jurisdictions import between, electronic, stating, taxed


def document(seller: str, buyer: str, day: str, form: str) -> Invoice:
    invoice = between(electronic(DocumentForm(form)), seller, buyer)
    rounded = taxed(invoice, rule=TaxRounding.PER_DOCUMENT)
    return rounded.model_copy(update={"issue_date": date.fromisoformat(day)})


def unmet(invoice: Invoice) -> list[str]:
    return [said for required, said in missing_items(invoice) if required.item == "mandate"]


@pytest.mark.parametrize(
    ("seller", "buyer", "day", "form", "is_held"),
    [
        ("BE", "BE", "2025-12-31", "pdf", False),
        ("BE", "BE", "2026-01-01", "pdf", True),
        ("BE", "BE", "2026-01-01", "factur_x", True),
        ("BE", "BE", "2026-01-01", "peppol", False),
        ("BE", "NL", "2026-01-01", "pdf", False),
        ("DE", "DE", "2026-12-31", "pdf", False),
        ("DE", "DE", "2027-01-01", "pdf", True),
        ("DE", "DE", "2027-01-01", "xrechnung", False),
        ("DE", "DE", "2027-01-01", "factur_x", False),
        ("FR", "FR", "2026-08-31", "pdf", False),
        ("FR", "FR", "2026-09-01", "factur_x", True),  # it goes over a platform
        ("PL", "PL", "2026-01-31", "pdf", False),
        ("PL", "PL", "2026-02-01", "ubl", True),
        ("IT", "IT", "2018-12-31", "pdf", False),
        ("IT", "IT", "2019-01-01", "ubl", True),
        ("RO", "RO", "2024-06-30", "pdf", False),
        ("RO", "RO", "2024-07-01", "ubl", True),
        ("DE", "FR", "2030-06-30", "pdf", False),
        ("DE", "FR", "2030-07-01", "pdf", True),
        ("DE", "FR", "2030-07-01", "ubl", False),
        ("DE", "CH", "2030-07-01", "pdf", False),
        ("US", "DE", "2030-07-01", "pdf", False),
    ],
)
def test_a_document_without_the_form_that_is_mandated_is_held(
    *, seller: str, buyer: str, day: str, form: str, is_held: bool
) -> None:
    assert bool(unmet(document(seller, buyer, day, form))) is is_held


def test_consumers_are_owed_no_form() -> None:
    invoice = document("BE", "BE", "2026-01-01", "pdf")
    buyer = invoice.buyer.model_copy(update={"customer_kind": CustomerKind.CONSUMER})
    assert unmet(invoice.model_copy(update={"buyer": buyer})) == []


def test_a_mandate_that_is_met_by_other_means_holds_nothing() -> None:
    invoice = document("PL", "PL", "2026-04-01", "pdf")
    assert unmet(stating(invoice, mandates_met=("PL",))) == []
    assert unmet(stating(invoice, mandates_met=("IT",))) != []


def test_belgium_wants_tax_rounded_on_the_total() -> None:
    invoice = taxed(document("BE", "BE", "2026-01-01", "peppol"), rule=TaxRounding.PER_LINE)
    (said,) = unmet(invoice)
    assert "rounded on the total" in said


def test_every_mandate_names_its_source() -> None:
    assert all(any(sign.isdigit() for sign in mandate.source) for mandate in mandates().mandates)
