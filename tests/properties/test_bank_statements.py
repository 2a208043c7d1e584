"""Any statement that is written in a format is read back the same, and whatever else is sent is refused by name."""

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.errors import InvalidInput
from billproof.payments.continuity import breaks
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry, receipts
from tests.support.bank_days import entry as booking
from tests.support.bank_days import of_day
from tests.support.bank_files import CSV_FORMAT, WRITERS, flat, held_by
from tests.support.drawn_statements import drawn_statement

FEW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.integers(0, 10**9)
FORMATS = sorted(WRITERS)
DAMAGES = [b"", b"\n:61:", b",", b"<", b"1e5", b"-", b"?"]
STARTS = [b"", b":20:A\n", b"01,", b"<Document ", b"Account;Currency\n"]


def read(name: str, data: bytes) -> list[BankStatement]:
    return parse_statement(data, CSV_FORMAT if name == "csv" else None)


def comparable(statement: BankStatement) -> dict[str, object]:
    """Return all of a statement, its texts without blanks: where a file cuts them is not theirs."""
    fields = statement.model_dump()
    for entry in fields["entries"]:
        entry["remittance"] = flat(entry["remittance"])
        entry["party"]["name"] = flat(entry["party"]["name"] or "")
    return fields


@pytest.mark.parametrize("name", FORMATS)
@FEW
@given(seed=SEEDS)
def test_a_statement_is_read_back_as_it_was_written(name: str, seed: int) -> None:
    written = held_by(name, drawn_statement(seed))
    [back] = read(name, WRITERS[name](written))
    assert comparable(back) == comparable(written)


@pytest.mark.parametrize("name", FORMATS)
@FEW
@given(seed=SEEDS)
def test_the_same_file_twice_is_one_statement_and_its_receipts_are_the_same(name: str, seed: int) -> None:
    data = WRITERS[name](held_by(name, drawn_statement(seed)))
    [once], [again] = read(name, data), read(name, data)
    assert once.content_digest == again.content_digest
    assert receipts(once, "INC") == receipts(again, "INC")


@FEW
@given(seed=SEEDS)
def test_every_credit_is_one_receipt_with_a_name_of_its_own(seed: int) -> None:
    drawn = drawn_statement(seed)
    arrived = receipts(drawn, "INC")
    booked = [entry for entry in drawn.entries if entry.kind is MovementKind.CREDIT]
    assert [receipt.amount for receipt in arrived] == [entry.amount for entry in booked]
    assert len({receipt.id for receipt in arrived}) == len(booked)


@FEW
@given(seed=SEEDS, place=st.integers(0, 4), more=st.integers(1, 99))
def test_a_statement_of_which_one_unit_is_missing_is_refused(seed: int, place: int, more: int) -> None:
    drawn = drawn_statement(seed)
    entry = drawn.entries[place % len(drawn.entries)]
    wrong: StatementEntry = entry.model_copy(update={"amount": entry.amount.plus([entry.amount] * more)})
    others = tuple(wrong if other is entry else other for other in drawn.entries)
    for name in ("camt", "mt940", "bai2"):
        with pytest.raises(InvalidInput, match=r"opening .* and the entries make .*, and closing is "):
            read(name, WRITERS[name](held_by(name, drawn.model_copy(update={"entries": others}))))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=SEEDS)
def test_a_damaged_file_raises_invalid_input_and_nothing_else(name: str, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(WRITERS[name](held_by(name, drawn_statement(seed))))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        end = place + chance.randint(0, 6)
        data[place:end] = chance.choice(
            [b"", bytes([chance.randrange(256)]), b"\n:61:", b",", b"<", b"1e5", b"-", b"?"]
        )
    try:
        read_back = read(name, bytes(data))
    except InvalidInput:
        return
    assert all(statement.closing is not None for statement in read_back)


@FEW
@given(
    data=st.binary(max_size=300), start=st.sampled_from([b"", b":20:A\n", b"01,", b"<Document ", b"Account;Currency\n"])
)
def test_bytes_at_random_raise_invalid_input(data: bytes, start: bytes) -> None:
    for declared in (None, CSV_FORMAT):
        with pytest.raises(InvalidInput):
            parse_statement(start + data, declared)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.lists(st.sampled_from([-2, -1, 1, 2]), max_size=2)), min_size=2, max_size=7
    ),
    st.integers(0, 3),
    st.randoms(),
)
def test_statements_that_follow_each_other_have_no_break_in_whichever_order_they_are_read(
    days: list[tuple[int, list[int]]], opening: int, chance: random.Random
) -> None:
    """Banks that number nothing send several statements of a day, also such as move nothing or return to a balance."""
    statements, day, balance = [], 1, opening
    for later, moves in days:
        day += later
        statements.append(of_day(day, str(balance), *(booking(str(move), day) for move in moves)))
        balance += sum(moves)
    assume(len({one.id for one in statements}) == len(statements))  # else one is the other, sent again
    chance.shuffle(statements)
    assert breaks(statements) == []
