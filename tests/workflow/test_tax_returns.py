"""Figures of tax returns: months, corrections, the sales list, the one-stop shop, and the tax account; by hand."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof.masterdata.addresses import Address
from billproof.masterdata.parties import CustomerKind, TaxRegistration, TaxScheme
from billproof.money import Money, total
from billproof.periods import Period
from billproof.returns.declaring import _shares, declared_lines
from billproof.returns.model import TaxReturn
from billproof.returns.stating import ReturnSources, state_return
from billproof_ops import cli
from billproof_ops.target import Target
from tests.support.dollars import US as IN_DOLLARS
from tests.support.dollars import billed_in_dollars
from tests.support.exchange_rates import rate
from tests.support.world import EUROPE, World

GERMAN = f"{EUROPE}.2013-01.US"
IN_ADVANCE = {("ES", "0", ""): ("1225.00", "0.00"), ("NL", "0", ""): ("2200.00", "0.00")}
"""What January's invoices bill of February: its tax point is in February."""


def stated(world: World, month: str) -> TaxReturn:
    sources = ReturnSources(world.directory, world.register, world.erps, world.objects, world.cash_book)
    return state_return(EUROPE, Period.month(month), sources)


def figures(world: World, month: str) -> dict[tuple[str, ...], tuple[str, str]]:
    """Return net and tax by place, percent and the month that is corrected."""
    return {
        (each.jurisdiction, f"{each.percent:f}", each.corrects): (each.net.text, each.amount.text)
        for each in stated(world, month).figures
    }


@pytest.fixture
def world() -> World:
    """Billed are 4,800.00 in Germany at 19 %, and to businesses in Spain and the Netherlands 1,225.00 and 2,200.00."""
    world = World()
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    world.post_all(EUROPE)
    return world


def test_a_month_declares_what_was_supplied_in_it(world: World) -> None:
    """The invoices of January are issued in February, and are of January's return: 4,800.00 x 19 % = 912.00."""
    assert figures(world, "2013-01") == {
        ("DE", "19", ""): ("4800.00", "912.00"),
        ("ES", "0", ""): ("1225.00", "0.00"),
        ("NL", "0", ""): ("2200.00", "0.00"),
    }
    assert figures(world, "2012-12") == {}


def test_the_sales_list_names_businesses_in_other_member_states(world: World) -> None:
    rows = [(row.customer_number, row.net.text, row.corrects) for row in stated(world, "2013-01").sales_list]
    assert rows == [("ESB58378431", "1225.00", ""), ("NL4495445B01", "2200.00", "")]


def test_the_tax_account_moves_when_documents_are_dated(world: World) -> None:
    """January's return declares what the ledger has in February, where the invoices are dated."""
    january, february = (stated(world, month).tax_account for month in ("2013-01", "2013-02"))
    assert (january.declared.text, january.dated_in_other_months.text, january.ledger.text) == ("912.00",) * 2 + (
        "0.00",
    )
    assert (february.declared.text, february.declared_in_other_months.text) == ("0.00", "912.00")
    assert (february.ledger.text, february.difference.text, february.numbers) == ("912.00", "0.00", ())


def test_what_is_not_posted_is_named() -> None:
    world = World()
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    account = stated(world, "2013-02").tax_account
    released = world.register.released(GERMAN)
    assert released is not None
    assert (account.difference.text, account.numbers) == ("-912.00", (released.number,))


def test_a_credit_note_corrects_an_earlier_month_in_that_of_its_issue(world: World) -> None:
    """100.00 and their 19.00 are given back in February; January's return stays as it was filed."""
    line = world.invoice(GERMAN).lines[0].priced.id
    world.credit_and_approve(GERMAN, lines=[{"line": line, "amount": "100"}])
    assert figures(world, "2013-01")["DE", "19", ""] == ("4800.00", "912.00")
    assert figures(world, "2013-02") == IN_ADVANCE | {("DE", "19", "2013-01"): ("-100.00", "-19.00")}
    account = stated(world, "2013-02").tax_account
    assert (account.declared.text, account.ledger.text, account.difference.text) == ("-19.00", "893.00", "0.00")


def test_a_credit_note_corrects_the_sales_list(world: World) -> None:
    spanish = f"{EUROPE}.2013-01.AA"
    world.credit_and_approve(spanish, lines=[{"line": world.invoice(spanish).lines[0].priced.id, "amount": "60"}])
    rows = [(row.customer_number, row.net.text, row.corrects) for row in stated(world, "2013-02").sales_list]
    assert ("ESB58378431", "-60.00", "2013-01") in rows
    assert ("ESB58378431", "1225.00", "") in rows


def test_consumers_abroad_are_of_the_one_stop_shop_where_the_entity_is_registered_so() -> None:
    """A consumer in France pays 19.6 %, the rate of 2013, which the return of the one-stop shop declares."""
    world = World(accounts={"US"})
    entity, account = world.directory.legal_entity(EUROPE), world.directory.account("US")
    assert account is not None
    shop = TaxRegistration(jurisdiction="FR", number="DE136695976", scheme=TaxScheme.ONE_STOP_SHOP)
    registrations = (*entity.tax_registrations, shop)
    world.publish(entity.model_copy(update={"version": 2, "tax_registrations": registrations}))
    home = Address(lines=("1 rue de Rivoli",), city="Paris", postal_code="75001", country="FR")
    moved = {"version": 2, "address": home, "customer_kind": CustomerKind.CONSUMER, "vat_number": None}
    world.publish(account.model_copy(update=moved))
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    (figure,) = stated(world, "2013-01").figures
    assert (figure.jurisdiction, figure.scheme, f"{figure.percent:f}") == ("FR", TaxScheme.ONE_STOP_SHOP, "19.6")
    assert figure.amount == Money.rounded(figure.net.amount * Decimal("0.196"), "EUR", entity.rounding)


def test_a_document_in_another_currency_is_declared_in_that_of_the_books() -> None:
    world = billed_in_dollars(rate())
    invoice, released = world.invoice(IN_DOLLARS), world.register.released(IN_DOLLARS)
    assert released is not None
    lines = list(declared_lines(invoice, released, world.directory.legal_entity(EUROPE)))
    assert total((line.net for line in lines), "EUR") == invoice.in_books.net
    assert total((line.amount for line in lines), "EUR") == invoice.in_books.tax
    assert not invoice.in_books.tax.is_zero


def test_the_command_shows_it_and_writes_its_lines(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world))
    words = ["tax", "return", "2013-01", "-e", EUROPE]
    shown = CliRunner().invoke(cli.app, [*words, "--csv", str(tmp_path)], env={"COLUMNS": "100", "TERM": "dumb"})
    assert shown.exit_code == 0, shown.output
    assert "912.00" in shown.output
    assert "Sales list" in shown.output
    with (tmp_path / "lines.csv").open() as file:
        lines = list(csv.DictReader(file))
    german = [row for row in lines if row["jurisdiction"] == "DE"]
    assert sum(Decimal(row["amount"]) for row in german) == Decimal("912.00")
    assert {row["source"] for row in german} != {""}
    answer = json.loads(CliRunner().invoke(cli.app, [*words, "--json"]).output)
    assert answer["tax_account"]["declared"]["amount"] == "912"
    nothing = CliRunner().invoke(cli.app, ["tax", "return", "2012-01", "-e", EUROPE])
    assert f"nothing is declared of {EUROPE} for 2012-01" in nothing.output
    wrong = CliRunner().invoke(cli.app, ["tax", "return", "2013-99", "-e", EUROPE])
    assert wrong.exit_code == 2 or wrong.exception


def test_shares_in_another_currency_keep_the_signs_of_what_they_convert() -> None:
    parts = [Money.of(amount, "USD") for amount in ("100", "-50")]
    assert [share.text for share in _shares(Money.of("55", "EUR"), parts)] == ["110.00", "-55.00"]
