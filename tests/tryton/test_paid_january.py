"""The demo's January, billed and paid, posted in the embedded ledger and in the real Tryton: the same books."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from billproof.adapters.tryton.erp import NAME, TrytonErp
from billproof.conservation.cash import cash_statement
from billproof.ledger.model import JournalEntry
from billproof.proof.service import prove_run
from billproof_ops.demo.tryton import in_tryton
from tests.support.paid_january import PAID_AT, bill_january, play_payments
from tests.support.tryton_server import UNIQUE, TrytonServer
from tests.support.world import EUROPE, INC, JANUARY, World

type Books = Mapping[str, Decimal]
"""What stands on each account, debits positive, by our names."""
RECEIVABLE = {INC: "1100", EUROPE: "1400"}


@pytest.fixture(scope="module")
def worlds(tryton: TrytonServer) -> tuple[World, World]:
    """The same month twice: its legal entities post in the embedded ledger, and in Tryton."""
    embedded, world = World(buckets=4), World(buckets=4)
    directory = world.directory
    world.erps[NAME] = TrytonErp(
        lambda: tryton.rest(UNIQUE, "clerk"), entities=directory.legal_entity, accounts=directory.account
    )
    for entity in in_tryton(directory.legal_entities()):
        world.publish(entity.model_copy(update={"version": entity.version + 1}))
    for one in (embedded, world):
        bill_january(one)
        play_payments(one)
    return embedded, world


def embedded_books(world: World, entity: str) -> Books:
    """Add up what the embedded ledger stored, entry by entry."""
    books: dict[str, Decimal] = {}
    for stored in world.records["ledger"].items.values():
        if "lines" not in stored:  # where an entry is to be found
            continue
        entry = JournalEntry.model_validate(stored)
        for line in entry.lines if entry.legal_entity == entity else ():
            books[line.account] = books.get(line.account, Decimal(0)) + line.amount.amount
    return {account: amount for account, amount in books.items() if amount}


def tryton_books(tryton: TrytonServer, world: World, entity: str) -> Books:
    """Add up the posted lines of a company as Tryton has them, by our names of its accounts."""
    names = world.directory.legal_entity(entity).erp_books[NAME]
    ours = {theirs: account for account, theirs in names.accounts.items()}
    domain = [["move.company.party.name", "=", names.company], ["move.state", "=", "posted"]]
    books: dict[str, Decimal] = {}
    for line in tryton.rest(UNIQUE, "admin").search("account.move.line", domain, ["account.code", "debit", "credit"]):
        account = ours.get(line["account"]["code"], line["account"]["code"])
        books[account] = books.get(account, Decimal(0)) + line["debit"] - line["credit"]
    return {account: amount for account, amount in books.items() if amount}


@pytest.mark.parametrize("entity", [INC, EUROPE])
def test_both_ledgers_have_the_same_on_each_account(
    entity: str, worlds: tuple[World, World], tryton: TrytonServer
) -> None:
    embedded, world = worlds
    books = tryton_books(tryton, world, entity)
    assert books == embedded_books(embedded, entity)
    assert sum(books.values()) == 0
    assert world.records["ledger"].items == {}  # all of it is in Tryton, nothing here


def test_what_customers_owe_in_tryton_is_what_the_demo_leaves_open(
    worlds: tuple[World, World], tryton: TrytonServer
) -> None:
    """120.00 that 9E paid short, 250.00 that B6 disputes, 249.83 of YV; in euros nothing."""
    _, world = worlds
    owed = {entity: tryton_books(tryton, world, entity).get(account) for entity, account in RECEIVABLE.items()}
    assert owed == {INC: Decimal("619.83"), EUROPE: None}


@pytest.mark.parametrize("entity", [INC, EUROPE])
def test_the_month_reconciles_to_zero_cash_balances_and_the_run_is_proved(
    entity: str, worlds: tuple[World, World]
) -> None:
    _, world = worlds
    assert world.reconcile(entity).outcome == "balanced"
    assert cash_statement(world.cash_sources(PAID_AT).receivables(entity), world.dispute_book).balances
    proof = prove_run(f"{entity}-{JANUARY}-001", stores=world.stores())
    assert proof.differences == ()


def test_every_account_of_both_charts_is_in_the_books_of_tryton(
    worlds: tuple[World, World], tryton: TrytonServer
) -> None:
    """Exchange differences and what else the month does not have would be posted, too."""
    _, world = worlds
    for name in (INC, EUROPE):
        entity = world.directory.legal_entity(name)
        chart, names = entity.chart_of_accounts, entity.erp_books[NAME]
        assert chart.cash is not None
        ours = {chart.receivable, chart.deferred_revenue, chart.tax_payable, chart.bad_debt, chart.asset_account}
        ours |= {*chart.revenue.values(), *filter(None, chart.cash.model_dump().values())}
        ours |= {account.ledger_account for account in entity.cash_accounts}
        domain = [["company.party.name", "=", names.company]]
        theirs = {one["code"] for one in tryton.rest(UNIQUE, "admin").search("account.account", domain, ["code"])}
        assert {names.accounts.get(account, account) for account in ours if account} <= theirs


def test_what_is_written_off_after_the_payments_is_the_same_in_both_ledgers(
    worlds: tuple[World, World], tryton: TrytonServer
) -> None:
    """9E owes 120.00, which are given up: 619.83 less 120.00 are left."""
    for world in worlds:
        gone = world.credit_and_approve(f"{INC}.{JANUARY}.9E", "W-1", reason="uncollectible")
        assert gone.totals.gross.amount == Decimal(-120)
    embedded, world = worlds
    books = tryton_books(tryton, world, INC)
    assert books == embedded_books(embedded, INC)
    assert (books["6700"], books["1100"]) == (Decimal("120.00"), Decimal("499.83"))
