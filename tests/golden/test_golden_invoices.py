"""Invoices and journal entries of January 2013, real flights, line by line; BILLPROOF_GOLDEN=write writes them anew."""

import pytest

from billproof.adapters.typst.pdf import render_invoice
from billproof_ops.demo import story
from tests.support.golden import compare
from tests.support.tables import invoice_table, journal_table
from tests.support.world import EUROPE, INC, JANUARY, World


@pytest.fixture(scope="module")
def world() -> World:
    world = World(buckets=4)
    world.ingest(story.events(JANUARY), per_message=500)
    for entity in (INC, EUROPE):
        world.bill(entity)
        assert len(world.approve_all(entity)) == 1
        world.post_all(entity)
    return world


@pytest.mark.parametrize("account", [account.id for account in story.master_data().accounts])
def test_the_invoice_and_its_entry_are_what_was_agreed(world: World, account: str) -> None:
    entity = next(each.legal_entity for each in story.master_data().accounts if each.id == account)
    invoice_id = f"{entity}.{JANUARY}.{account}"
    released = world.register.released(invoice_id)
    assert released is not None
    entry = world.ledger.entry(entity, released.number)
    text = invoice_table(world.invoice(invoice_id), released)
    text += "\n\n" + (journal_table(entry) if entry else "nothing to post")
    compare(f"{JANUARY}/{account}.txt", [text])


def test_january_holds_the_flights_that_it_holds(world: World) -> None:
    events = world.invoice(f"{INC}.{JANUARY}.UA").events
    assert (events.billed + events.excluded, events.excluded) == (4_637, 32)
    statements = [world.bill(entity).events for entity in (INC, EUROPE)]
    assert sum(each.metered for each in statements) == 26_483
    assert sum(each.excluded for each in statements) == 521
    assert sum(each.distinct for each in statements) == 27_004


def test_running_again_changes_nothing(world: World) -> None:
    before = dict(world.records["invoices"].items)
    statement = world.bill(INC)
    assert (statement.released, statement.already_released, statement.changed_after_release) == (0, 13, 0)
    assert world.records["invoices"].items == before


def test_the_books_balance(world: World) -> None:
    for entity in (INC, EUROPE):
        result = world.reconcile(entity)
        assert result.variances == ()
        assert result.invoiced.gross == result.posted_receivable


def test_the_same_invoice_is_drawn_as_the_same_bytes(world: World) -> None:
    invoice_id = f"{EUROPE}.{JANUARY}.US"
    released = world.register.released(invoice_id)
    assert released is not None
    pdfs = {render_invoice(world.invoice(invoice_id), released) for _ in range(2)}
    assert len(pdfs) == 1
    assert pdfs.pop().startswith(b"%PDF-")
