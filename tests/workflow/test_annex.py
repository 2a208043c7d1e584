"""An invoice of many lines: its PDF shows summaries, and an annex has the lines."""

import csv
import io
import os
from decimal import Decimal
from typing import Any

import pytest

from billproof.adapters.typst.pdf import render_invoice
from billproof.contracts.model import Contract
from billproof.invoicing.annex import COLUMNS, MOST_LINES_SHOWN, annex_of, needs_annex, summaries
from billproof.invoicing.delivery import Delivery, deliver_invoice
from billproof.invoicing.model import Invoice, Released
from billproof.money import total
from tests.support.charges import NOTHING_COMES_OFF, fee, miles
from tests.support.world import INC, JANUARY, World, flight

UA = f"{INC}.{JANUARY}.UA"


def billed(*charges: dict[str, Any], groups: int = 1) -> World:
    """One account with these charges, and as many flights, each from another place."""
    world = World(accounts={"UA"})
    (contract,) = world.directory.contracts("UA")
    terms = contract.model_dump(mode="json") | {"version": 2, "charges": list(charges), **NOTHING_COMES_OFF}
    world.publish(Contract.model_validate(terms))
    world.ingest(flight(number, data={"origin": f"=X{number:05d}"}) for number in range(groups))
    world.bill()
    if world.register.released(UA) is None:
        world.approve_all()
    return world


def document(world: World) -> tuple[Invoice, Released]:
    released = world.register.released(UA)
    assert released is not None
    return world.invoice(UA), released


def deliver(world: World) -> Delivery:
    delivered = deliver_invoice(
        invoice_id=UA,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        render=render_invoice,
        mailer=world.mailer,
        sender="billing@skymeter.example",
        electronic=world.einvoices,
    )
    assert isinstance(delivered, Delivery)
    return delivered


def test_above_five_hundred_lines_the_pdf_has_summaries_and_the_annex_every_line() -> None:
    world = billed(miles("0.01", group_by=["origin"]), fee("5"), groups=600)
    invoice, released = document(world)
    assert (len(invoice.lines), needs_annex(invoice)) == (601, True)
    shown = summaries(invoice)
    assert [(summary.lines, summary.net.text) for summary in shown] == [(600, "6000.00"), (1, "5.00")]
    rows = list(csv.DictReader(io.StringIO(annex_of(invoice, released).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert [row["line"] for row in rows] == [str(number) for number in range(1, 602)]
    for name in ("net", "tax", "gross"):
        assert sum(Decimal(row[name]) for row in rows) == getattr(invoice.totals, name).amount
    assert {row["dimension"][:1] for row in rows} == {"o", ""}
    assert not any(text.startswith("=") for row in rows for text in row.values())
    assert annex_of(invoice, released) == annex_of(invoice, released)


def test_the_annex_is_kept_and_mailed_beside_the_pdf() -> None:
    world = billed(miles("0.01", group_by=["origin"]), groups=600)
    invoice, released = document(world)
    delivery = deliver(world)
    assert delivery.annex_key == f"documents/{INC}/{JANUARY}/{released.number}-lines.csv"
    assert world.objects.get(delivery.annex_key) == annex_of(invoice, released)
    ((_, mail),) = world.mailer.sent
    assert b"text/csv" in mail
    assert f"{released.number}-lines.csv".encode() in mail
    assert len(world.objects.get(delivery.pdf_key)) < 100_000


def test_an_invoice_of_few_lines_has_no_annex() -> None:
    world = billed(fee("5"))
    delivery = deliver(world)
    assert (delivery.annex_key, delivery.annex_digest) == (None, None)
    assert not any(key.endswith(".csv") for key in world.objects.items)


def test_summaries_are_few_and_add_up_whatever_the_charges() -> None:
    charges = [fee("1") | {"id": f"fee-{number}", "name": f"Fee {number}"} for number in range(MOST_LINES_SHOWN + 10)]
    invoice, _ = document(billed(*charges))
    shown = summaries(invoice)
    assert len(shown) == 1
    assert total((summary.net for summary in shown), invoice.currency) == invoice.totals.net


def test_as_many_lines_as_the_limit_are_billed_and_one_more_holds_the_invoice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("billproof.pricing.service.MOST_LINES", 700)
    world = billed(miles("0.01", group_by=["origin"]), groups=700)
    invoice, released = document(world)
    before = os.times().user
    assert render_invoice(invoice, released).startswith(b"%PDF")
    assert os.times().user - before < 5
    refused = World(accounts={"UA"})
    (contract,) = refused.directory.contracts("UA")
    terms = contract.model_dump(mode="json") | {"version": 2, **NOTHING_COMES_OFF}
    terms["charges"] = [miles("0.01", group_by=["origin"])]
    refused.publish(Contract.model_validate(terms))
    refused.ingest(flight(number, data={"origin": f"X{number}"}) for number in range(701))
    statement = refused.bill()
    (finding,) = [finding for finding in statement.findings if finding.severity == "blocking"]
    assert finding.message == "an invoice has 700 lines at most, that of UA would have 701"
