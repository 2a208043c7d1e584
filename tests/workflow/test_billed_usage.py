"""A statement of usage: what stands billed of each meter and month, after late usage and credit notes."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billproof.adapters.typst.account_documents import account_document_shown, render_account_document
from billproof.invoicing.credit_requests import LineCredit
from billproof.invoicing.parties import parties_of
from billproof.model import decimal_text
from billproof.money import Money
from billproof.periods import Period
from billproof.receivables.account_documents import UsageDocument
from billproof.receivables.billed_usage import billed_usage
from billproof.wording.catalogue import LANGUAGES
from tests.support.given_documents import pages_of, plain
from tests.support.world import EUROPE, World, flight

MONTHS = {"2013-01": (2013, 2, 2), "2013-02": (2013, 3, 2), "2013-03": (2013, 4, 2)}


def bill(world: World, month: str) -> None:
    world.moment = datetime(*MONTHS[month], 12, tzinfo=UTC)
    world.bill(EUROPE, month)
    world.approve_all(EUROPE, month)


def usage(world: World, last: str = "2013-03") -> dict[str, tuple[str, str]]:
    meters = billed_usage("US", world.cash_sources().receivables(EUROPE), last=Period.month(last))
    (flights,) = (meter for meter in meters if meter.unit == "flights")
    return {month.month: (decimal_text(month.quantity), f"{month.net.amount:.2f}") for month in flights.months}


@pytest.fixture
def world() -> World:
    """Five flights in January, of which one is told in February, and three in February: 0.90 EUR each."""
    world = World()
    world.moment = datetime(2013, 2, 1, 18, tzinfo=UTC)
    world.ingest(flight(number, account="US") for number in range(4))
    bill(world, "2013-01")
    world.moment = datetime(2013, 2, 20, 12, tzinfo=UTC)
    world.ingest(flight(number, account="US", day="2013-02-10") for number in range(3))
    world.ingest([flight(9, account="US")])
    bill(world, "2013-02")
    return world


def test_late_usage_is_of_the_month_that_it_was_used_in(world: World) -> None:
    assert usage(world) == {"2013-01": ("5", "4.50"), "2013-02": ("3", "2.70")}
    assert usage(world, "2013-01") == {"2013-01": ("5", "4.50")}
    assert usage(world, "2014-01") == {"2013-02": ("3", "2.70")}  # twelve months, and no more


def test_what_is_taken_back_and_billed_again_is_billed_once(world: World) -> None:
    invoice = world.invoice(f"{EUROPE}.2013-02.US")
    line = next(
        line.priced for line in invoice.lines if line.priced.meter and line.priced.service_period.name == "2013-02"
    )
    world.credit_and_approve(invoice.id, lines=(LineCredit(line=line.id, quantity=Decimal(2)),), rebill=True)
    assert usage(world)["2013-02"] == ("3", "0.90")
    bill(world, "2013-03")
    assert usage(world)["2013-02"] == ("3", "2.70")


def document(world: World, locale: str) -> UsageDocument:
    account = world.directory.account("US")
    assert account is not None
    receivables = world.cash_sources().receivables(EUROPE)
    parties = parties_of(
        world.directory.legal_entity(EUROPE),
        account.model_copy(update={"locale": locale}),
        datetime(2013, 4, 3, tzinfo=UTC).date(),
    )
    return UsageDocument(parties, "2013-03", billed_usage("US", receivables, last=Period.month("2013-03")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_of_usage_is_in_each_language_and_the_same_bytes(world: World, language: str) -> None:
    stated = document(world, language)
    first, second = (render_account_document(stated) for _ in range(2))
    assert first == second
    assert account_document_shown(stated)["title"] in pages_of(first)[0]


def test_bars_are_as_long_as_their_quantities_and_none_is_below_nothing(world: World) -> None:
    stated = document(world, "en_US")
    (meter,) = (meter for meter in stated.meters if meter.unit == "flights")
    below = replace(meter.months[0], month="2012-12", quantity=Decimal(-2), net=Money.of(Decimal("-1.80"), "EUR"))
    stated = replace(stated, meters=(replace(meter, months=(below, *meter.months)),))
    (_, bars, _) = account_document_shown(stated)["parts"]
    assert [bar["share"] for bar in bars["bars"]] == [0, 1000, 600]
    (page,) = pages_of(render_account_document(stated))
    assert "Dec 2012 -2 Jan 2013 5 Feb 2013 3" in plain(page)
    assert "Jan 2013 5 €4.50" in plain(page)


def test_who_used_nothing_is_told_so(world: World) -> None:
    assert "No usage was billed." in pages_of(render_account_document(replace(document(world, "en_US"), meters=())))[0]
