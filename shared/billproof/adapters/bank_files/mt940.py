"""MT940 statements (SWIFT, Standards Category 9): fields that begin with a tag between colons."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from stdnum import iban

from billproof.adapters.bank_files.mt940_details import PaymentDetails, read_details
from billproof.adapters.bank_files.mt940_lines import MtLine, read_line
from billproof.adapters.bank_files.values import (
    built,
    currency,
    decoded,
    money,
    place_in_order,
    refuse,
    short_day,
    with_point,
)
from billproof.errors import InvalidInput
from billproof.money import Money
from billproof.payments.model import Payer
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry

_TAG = re.compile(r":([0-9]{2}[A-Z]?|NS):", re.ASCII)
_BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})([0-9]+),([0-9]*)", re.ASCII)
_NUMBER = re.compile(r"([0-9]{1,12})(?:/([0-9]{1,12}))?", re.ASCII)
_CURRENCY_LETTERS = 3


@dataclass
class _TaggedField:
    """A field: its tag, and its lines."""

    tag: str
    line: int
    lines: list[str]

    @property
    def place(self) -> str:
        """Where it stands, for an error."""
        return f"line {self.line}, field {self.tag}"


@dataclass
class _TaggedMessage:
    """The fields of one statement, and which text belongs to which entry."""

    line: int
    single: dict[str, _TaggedField] = field(default_factory=dict)
    entries: list[tuple[_TaggedField, list[_TaggedField]]] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where it begins, for an error."""
        return f"line {self.line}"

    def needed(self, *tags: str) -> _TaggedField:
        """Return the field of one of these tags."""
        for tag in tags:
            if tag in self.single:
                return self.single[tag]
        return refuse(f"there is no field {' or '.join(tags)}", self.place)


def parse(data: bytes) -> list[BankStatement]:
    """Read every statement of a file; raises InvalidInput with what is wrong, and in which line."""
    try:
        text = decoded(data, "utf-8-sig")
    except InvalidInput:
        text = decoded(data, "windows-1252")
    messages = list(_messages(_fields(text)))
    if not messages:
        refuse("there is no field 20, with which a statement begins", "the whole file")
    return [_statement(message) for message in messages]


def _fields(text: str) -> Iterator[_TaggedField]:
    """Read every field; the envelope of SWIFT around statements is not of them."""
    current: _TaggedField | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        written = line.removesuffix("\r").rpartition("{4:")[2] if line.startswith("{") else line.removesuffix("\r")
        tag = _TAG.match(written)
        if tag is not None:
            if current is not None:
                yield current
            current = _TaggedField(tag[1], number, [written[tag.end() :]])
        elif written == "-" or written.startswith(("-}", "{")):  # the message ends here
            if current is not None:
                yield current
            current = None
        elif written and current is not None:  # before a message banks write names of their own
            current.lines.append(written)
    if current is not None:
        yield current


def _messages(fields: Iterator[_TaggedField]) -> Iterator[_TaggedMessage]:
    """Put fields together to statements: text belongs to the entry before it, unless a balance comes between."""
    message: _TaggedMessage | None = None
    belongs: list[_TaggedField] = []
    for part in fields:
        if part.tag == "20":
            if message is not None:
                yield message
            message, belongs = _TaggedMessage(part.line), []
        if message is None:
            refuse("a statement begins with a field 20", part.place)
        if part.tag == "61":
            belongs = []
            message.entries.append((part, belongs))
        elif part.tag == "86":
            belongs.append(part)
        elif part.tag in message.single and part.tag != "65":
            refuse("this field stands twice in a statement", part.place)
        else:
            message.single[part.tag] = part
            belongs = []
    if message is not None:
        yield message


def _statement(message: _TaggedMessage) -> BankStatement:
    opens, closes = message.needed("60F", "60M"), message.needed("62F", "62M")
    (starts_on, opening), (ends_on, closing) = _balance(opens), _balance(closes)
    account = message.needed("25", "25P")
    number, page = _number(message.needed("28C", "28"))
    return built(
        BankStatement,
        message.place,
        account=_account(account.lines[0], closing.currency),
        currency=opening.currency,
        bank_id=message.needed("20").lines[0].strip() or None,
        number=number,
        page=page,
        starts_on=starts_on,
        ends_on=ends_on,
        opening=opening,
        closing=closing,
        entries=tuple(_entry(part, texts, closing.currency, (starts_on, ends_on)) for part, texts in message.entries),
    )


def _balance(part: _TaggedField) -> tuple[date, Money]:
    written = _BALANCE.fullmatch(part.lines[0].strip())
    if written is None:
        refuse("this is no balance: C or D, YYMMDD, a currency, and an amount with a comma", part.place)
    side, day, code, whole, decimals = written.groups()
    amount = money(with_point(whole, decimals), currency(code, part.place), part.place)
    return short_day(day, part.place), -amount if side == "D" else amount


def _account(written: str, code: str) -> str:
    """Return an account without blanks; some banks write its currency after an IBAN."""
    account = written.replace(" ", "")
    if account.endswith(code) and iban.is_valid(account[:-_CURRENCY_LETTERS]):
        return account[:-_CURRENCY_LETTERS]
    return account


def _number(part: _TaggedField) -> tuple[int | None, int | None]:
    """Return a statement's number and page; no page where there is no number."""
    written = _NUMBER.fullmatch(part.lines[0].strip())
    if written is None:
        refuse("this is no number of a statement", part.place)
    number = place_in_order(written[1], part.place)
    return number, place_in_order(written[2], part.place) if number else None


def _entry(part: _TaggedField, texts: list[_TaggedField], code: str, days: tuple[date, date]) -> StatementEntry:
    line = read_line(part.lines, code, part.place)
    details = read_details([row for text in texts for row in text.lines], code, part.place)
    starts_on, ends_on = days
    # Without an entry day it is booked on the value day, or on the statement's if that is another.
    booked_on = line.entry_day or (line.value_day if starts_on <= line.value_day <= ends_on else ends_on)
    kind = _kind(line, details)
    return built(
        StatementEntry,
        part.place,
        amount=line.amount,
        kind=kind,
        booked_on=booked_on,
        value_on=line.value_day,
        reference=line.bank_reference,
        party=built(Payer, part.place, name=details.name, account=details.account),
        structured=details.structured,
        remittance=details.remittance or line.supplement,
        end_to_end=details.end_to_end or line.customer_reference,
        charges=details.charges or line.charges,
        original=_other(details.original or line.original, line.amount),
    )


def _kind(line: MtLine, details: PaymentDetails) -> MovementKind:
    returned = line.is_reversal or details.is_return
    if line.amount.amount < 0:
        return MovementKind.REVERSAL if returned else MovementKind.DEBIT
    return MovementKind.DEBIT_REVERSAL if returned else MovementKind.CREDIT


def _other(original: Money | None, amount: Money) -> Money | None:
    return None if original in {amount, -amount} else original
