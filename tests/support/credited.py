"""Invoices of a few lines and requests to credit them, for the rules of what is taken back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billproof.invoicing.credit_limits import Rests
from billproof.invoicing.credit_requests import CreditRequest
from billproof.invoicing.model import DocumentRef, Invoice, Released
from billproof.pricing.model import PricedLine
from tests.support.taxes import customer, difference, fee, invoice_of, seller

GERMANY, GERMAN = seller("DE"), customer("DE", None, "10117", id="UA")
FEE, OFF, DRAW, MORE = "fee:2026-01", "off:fee:2026-01", "paid:fee:2026-01", "more:2026-01"


def line(
    name: str, net: str, *, contract: str = "K", model: str = "flat", term: str = "", **changes: Any
) -> PricedLine:
    """A line of the charge that its name ends with; `off:fee:...` takes something off a line of the fee."""
    charge = name.split(":")[-2]
    priced = fee("2026-01-01", "2026-02-01", net, id=name, charge=charge, **changes)
    why = priced.explanation.model_copy(update={"contract": contract, "price_model": model})
    return priced.model_copy(update={"explanation": why, "term": term or name.partition(":")[0]})


def rests_with(invoice: Invoice, rests: Mapping[str, str], **more: Any) -> Rests:
    """What is left over an invoice and another one, which bills the differences that make up what is said."""
    others = [difference(line(name, "0"), _missing(invoice, name, net)) for name, net in rests.items()]
    documents = [invoice, *([invoice_with(*others)[0]] if others else [])]
    return Rests(documents, **more)


def _missing(invoice: Invoice, name: str, net: str) -> str:
    mine = (each.priced for each in invoice.lines if each.priced.id.endswith(name))
    here = sum((priced.net.amount for priced in mine if priced.explanation.price_model != "credit"), Decimal(0))
    return str(Decimal(net) - here)


def draw(name: str = DRAW, net: str = "-40", **changes: Any) -> PricedLine:
    return line(name, net, model="credit", **changes)


def invoice_with(*lines: PricedLine) -> tuple[Invoice, Released]:
    invoice = invoice_of(GERMANY, GERMAN, *lines, issued="2026-02-01")
    return invoice, released_as(invoice, "N-1", GERMANY.id)


def released_as(invoice: Invoice, number: str, entity: str) -> Released:
    """Return what is known of an invoice once it was released under a number by a legal entity."""
    return Released(
        invoice=invoice.id,
        number=number,
        account="UA",
        legal_entity=entity,
        period=invoice.period,
        issue_date=invoice.issue_date,
        document=DocumentRef(key="k", digest="d", totals=invoice.totals),
        run="R",
    )


def request(*lines: dict[str, Any], reason: str = "goodwill", **more: Any) -> CreditRequest:
    facts = {"id": "C-1", "invoice": "I", "reason": reason, "note": "as agreed", "requested_by": "ana"}
    return CreditRequest.model_validate({**facts, "lines": lines, **more})
