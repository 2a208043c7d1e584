"""Statements without numbers and references, in every format: in any order and twice, each one's money is told once."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.payments.continuity import Continuity, breaks
from billproof.payments.service import ReceiptArrived, read_payment_event
from billproof.payments.statement_book import StatementBook
from billproof.payments.statements import BankStatement
from billproof.payments.taking_statements import (
    BankFile,
    FileOutcome,
    StatementSources,
    TakenFile,
    file_key,
    take_statement,
)
from tests.support.bank_days import entry, of_day
from tests.support.bank_files import CSV_FORMAT, WRITERS, held_by
from tests.support.cash import BANK, cash_world, usd
from tests.support.fakes import MemoryQueue, MemoryRecords
from tests.support.world import INC

NOW = datetime(2013, 3, 20, tzinfo=UTC)
FORMATS = sorted(WRITERS)
SOME = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
type Bank = Callable[[], tuple[StatementSources, MemoryQueue]]

PARTS_OF_DAYS = st.lists(
    st.tuples(st.integers(0, 1), st.lists(st.integers(1, 3), min_size=1, max_size=2), st.sampled_from(["a", "b", ""])),
    min_size=2,
    max_size=5,
)
"""Whether a statement is of the next day, what arrives and leaves again in it, and its text."""


@pytest.fixture(scope="module")
def bank() -> Bank:
    """Make empty books of statements of one legal entity."""
    world = cash_world()
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "csv_statements": (CSV_FORMAT,)}))

    def empty() -> tuple[StatementSources, MemoryQueue]:
        queue = MemoryQueue()
        book = StatementBook(MemoryRecords())
        return replace(world.statement_sources(parse_statement), book=book, events=queue), queue

    return empty


def take(name: str, statement: BankStatement, sources: StatementSources) -> TakenFile:
    data = WRITERS[name](held_by(name, statement))
    key = file_key(INC, data, name="file", csv_format=CSV_FORMAT.id if name == "csv" else "")
    return take_statement(BankFile(key, data), sources=sources, now=NOW)


def told(queue: MemoryQueue) -> dict[str, int]:
    """Return the cents of every receipt that was told of, by its id."""
    events = [read_payment_event(body) for body in queue.bodies]
    receipts = [event.receipt for event in events if isinstance(event, ReceiptArrived)]
    return {receipt.id: int(receipt.amount.amount * 100) for receipt in receipts}


@pytest.mark.parametrize("name", FORMATS)
@SOME
@given(parts=PARTS_OF_DAYS, chance=st.randoms())
def test_statements_that_end_with_the_balance_they_begin_with_are_each_taken_once(
    name: str, parts: list[tuple[int, list[int], str]], chance: random.Random, bank: Bank
) -> None:
    statements, day = [], 4
    for later, amounts, text in parts:
        day += later
        entries = [entry(sign + str(amount), day, remittance=text) for amount in amounts for sign in ("", "-")]
        statements.append(of_day(day, "100", *entries))
    assume(len({held_by(name, one).id for one in statements}) == len(statements))  # else it is one, sent again
    twice = [*statements, *statements]
    chance.shuffle(twice)
    sources, queue = bank()
    outcomes = [take(name, statement, sources).outcome for statement in twice]
    receipts = told(queue)
    assert outcomes.count(FileOutcome.TAKEN) == outcomes.count(FileOutcome.KNOWN) == len(statements)
    assert len(receipts) == sum(len(amounts) for _, amounts, _ in parts)
    assert sum(receipts.values()) == 100 * sum(amount for _, amounts, _ in parts for amount in amounts)
    assert breaks(sources.book.of_account(INC, BANK)) == []


@pytest.mark.parametrize("name", FORMATS)
@SOME
@given(
    moves=st.lists(st.sampled_from([-2, -1, 1, 2]), min_size=3, max_size=6), gone=st.integers(0), chance=st.randoms()
)
def test_a_statement_that_is_missing_is_a_gap_of_what_it_moves_until_it_comes(
    name: str, moves: list[int], gone: int, chance: random.Random, bank: Bank
) -> None:
    statements, balance = [], 100
    for day, move in enumerate(moves, start=4):
        statements.append(of_day(day, str(balance), entry(str(move), day)))
        balance += move
    place = 1 + gone % (len(moves) - 2)  # neither the first nor the last one
    others = [one for one in statements if one is not statements[place]]
    chance.shuffle(others)
    sources, _ = bank()
    for one in [*others, *others]:
        take(name, one, sources)
    (gap,) = breaks(sources.book.of_account(INC, BANK))
    assert (gap.continuity, gap.difference) == (Continuity.GAP, usd(moves[place]))
    take(name, statements[place], sources)
    assert breaks(sources.book.of_account(INC, BANK)) == []
