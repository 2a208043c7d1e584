"""BAI2 statements (BAI, Cash Management Balance Reporting, version 2): amounts are integers in minor units.

Which way money went says the type code alone. Every total and count of the file is checked.
"""

from collections.abc import Iterator
from datetime import date

from billproof.adapters.bank_files.bai2_records import BaiRecord, records
from billproof.adapters.bank_files.values import (
    built,
    creditor_reference,
    currency,
    decoded,
    lines_of,
    reference_or_none,
    refuse,
    short_day,
)
from billproof.money import CONTEXT, Money, unit
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry

OPENING, CLOSING = 10, 15
CREDITS = (range(100, 400), range(920, 960))
DEBITS = (range(400, 700), range(960, 1000))
"""Ranges of type codes; in the second of each a bank gives them meanings of its own."""
NO_MONEY = 890
RETURNS = {
    *(123, 252, 255, 257, 258, 261, 266, 268, 395),  # credits: what we had paid came back
    *(423, 468, 552, 555, 557, 558, 561, 566, 568, 694),  # debits: what had been paid to us went back
}
_UPDATE = {"", "1"}
_FINAL = {"", "2", "4"}


def parse(data: bytes) -> list[BankStatement]:
    """Read the statement of every account of a file; raises InvalidInput with what is wrong, and in which line."""
    reader = _Records(records(decoded(data, "utf-8-sig")))
    totals = _ControlTotals(reader)
    header = reader.take("01")
    for _ in ("sender", "receiver", "day", "time"):
        header.next()
    name = header.next() or None
    statements = []
    while reader.ahead == "02":
        statements += _group(reader, totals, name)
    totals.check_count(reader.take("99"))
    if reader.ahead:
        refuse("something follows the end of the file", reader.place)
    if not statements:
        refuse("there is no account", "the whole file")
    return statements


class _Records:
    """The records in their order, one ahead."""

    def __init__(self, records_of_file: Iterator[tuple[BaiRecord, int]]) -> None:
        self._records = records_of_file
        self._next = next(records_of_file, None)
        self.lines = 0
        """How many lines were taken."""

    @property
    def ahead(self) -> str:
        """The code of the next record; nothing at the end."""
        return "" if self._next is None else self._next[0].code

    @property
    def place(self) -> str:
        return "the end of the file" if self._next is None else self._next[0].place

    def take(self, code: str) -> BaiRecord:
        """Take the next record, which must have this code."""
        if self._next is None or self.ahead != code:
            refuse(f"a record {code} is missing: the file is cut off, or in disorder", self.place)
        record, lines = self._next
        self.lines += lines
        self._next = next(self._records, None)
        return record


class _ControlTotals:
    """What the trailer of an account, a group or the file is compared with."""

    def __init__(self, reader: _Records) -> None:
        self._reader = reader
        self._first_line = reader.lines
        self.amount = 0
        self.count = 0

    def check(self, trailer: BaiRecord) -> None:
        """Compare with the trailer of an account: its total and its count of lines."""
        if (trailer.number(), trailer.number()) != (self.amount, self._reader.lines - self._first_line):
            refuse("the control total or the count of records is not that of what is there", trailer.place)

    def check_count(self, trailer: BaiRecord) -> None:
        """Compare with the trailer of a group or the file, which has a count of what is in it, too."""
        written = (trailer.number(), trailer.number(), trailer.number())
        if written != (self.amount, self.count, self._reader.lines - self._first_line):
            refuse("the control total or a count is not that of what is there", trailer.place)

    def add(self, other: "_ControlTotals") -> None:
        """Count one more in it."""
        self.amount += other.amount
        self.count += 1


def _group(reader: _Records, file: _ControlTotals, name: str | None) -> list[BankStatement]:
    """Read a group: what one bank says of one day."""
    totals = _ControlTotals(reader)
    header = reader.take("02")
    _receiver, _sender, status, written, _time = (header.next() for _ in range(5))
    code, finality = header.next() or "USD", header.next()
    if status not in _UPDATE:
        refuse("a deletion, correction or test is no statement", header.place)
    if finality not in _FINAL:
        refuse("this is of a day that is not over: its entries come again", header.place)
    day = short_day(written, header.place)
    statements = []
    while reader.ahead == "03":
        statements.append(_account(reader, totals, day, code, name))
    totals.check_count(reader.take("98"))
    file.add(totals)
    return statements


def _account(reader: _Records, group: _ControlTotals, day: date, code: str, name: str | None) -> BankStatement:
    """Read an account: its balances and its entries."""
    totals = _ControlTotals(reader)
    header = reader.take("03")
    number, code = header.next(), currency(header.next() or code, header.place)
    balances = _balances(header, totals, code)
    entries = []
    while reader.ahead == "16":
        entry = _entry(reader.take("16"), totals, day, code)
        if entry is not None:
            entries.append(entry)
    totals.check(reader.take("49"))
    group.add(totals)
    for kind in (OPENING, CLOSING):
        if kind not in balances:
            refuse(f"there is no ledger balance (type code {kind:03})", header.place)
    return built(
        BankStatement,
        header.place,
        account=number,
        currency=code,
        bank_id=name,
        starts_on=day,
        ends_on=day,
        opening=balances[OPENING],
        closing=balances[CLOSING],
        entries=tuple(entries),
    )


def _balances(header: BaiRecord, totals: _ControlTotals, code: str) -> dict[int, Money]:
    """Read the balances and sums of an account, by their type codes."""
    balances: dict[int, Money] = {}
    while header.has_more:
        written = header.next()
        if not written:
            continue
        kind, amount = _type_code(written, header), header.number_or_zero()
        totals.amount += amount
        if kind in balances and kind in {OPENING, CLOSING}:
            refuse("a balance stands here twice", header.place)
        balances[kind] = _money(amount, code)
        header.next()  # how many entries that is the sum of
        header.funds()
    return balances


def _entry(record: BaiRecord, totals: _ControlTotals, day: date, code: str) -> StatementEntry | None:
    """Read an entry; None where it is of no money."""
    type_code, size = _type_code(record.next(), record), record.number_or_zero()
    totals.amount += size
    funds = record.funds()
    value = short_day(funds[1], record.place) if funds[0] == "V" and funds[1] else day
    reference, customer = record.next(), record.next()
    if type_code == NO_MONEY:
        return None
    if size < 0:
        refuse("an entry's amount has no sign: the type code says which way it went", record.place)
    structured = creditor_reference(customer)
    lines = [reference_or_none(customer) or "", *record.rest()]
    kind = kind_of(type_code, record.place)
    amount = _money(size, code)
    return built(
        StatementEntry,
        record.place,
        amount=-amount if kind in {MovementKind.DEBIT, MovementKind.REVERSAL} else amount,
        kind=kind,
        booked_on=day,
        value_on=value,
        reference=reference_or_none(reference),
        structured=structured,
        remittance=lines_of(lines[1:] if structured else lines),
    )


def _type_code(written: str, record: BaiRecord) -> int:
    if len(written) != len("000") or not (written.isascii() and written.isdigit()):
        refuse("this is no type code of three digits", record.place)
    return int(written)


def kind_of(code: int, place: str) -> MovementKind:
    """Say what an entry of a type code is."""
    if any(code in codes for codes in CREDITS):
        return MovementKind.DEBIT_REVERSAL if code in RETURNS else MovementKind.CREDIT
    if any(code in codes for codes in DEBITS):
        return MovementKind.REVERSAL if code in RETURNS else MovementKind.DEBIT
    return refuse(f"nothing says which way the money of type code {code:03} went", place)


def _money(minor_units: int, code: str) -> Money:
    return Money.of(CONTEXT.multiply(unit(code), minor_units), code)
