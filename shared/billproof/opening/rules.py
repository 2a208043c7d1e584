"""What an opening must hold to: its own control totals, and the master data of its legal entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from billproof.errors import InvalidMoney, NotFound
from billproof.invoicing.series import DocumentNumber, SeriesKind
from billproof.model import decimal_text
from billproof.money import Money
from billproof.opening.controls import control_problems
from billproof.opening.model import (
    AmountRow,
    BookedRow,
    NextNumber,
    OpenBalance,
    OpenDeferral,
    Opening,
    OpeningKind,
    OpeningRow,
    OpenReceivable,
    PastUsage,
    PrepaidCredit,
)
from billproof.opening.problems import OpeningProblem, ProblemCode
from billproof.periods import Period

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory
    from billproof.masterdata.parties import LegalEntity

OPENING_FILE = "opening"
"""The file that says whose opening it is."""
ROWS: dict[OpeningKind, type[OpeningRow]] = {
    OpeningKind.RECEIVABLES: OpenReceivable,
    OpeningKind.DEFERRED: OpenDeferral,
    OpeningKind.BALANCES: OpenBalance,
    OpeningKind.CREDITS: PrepaidCredit,
    OpeningKind.NUMBERS: NextNumber,
    OpeningKind.HISTORY: PastUsage,
}
"""What the rows of each kind are."""
MOST_DIGITS = 18
"""Digits before the point that an amount may have, as that of a line."""
MOST_MONTHS = 240
"""Months over which deferred revenue is earned at most, as of a contract."""

PAST_MONTHS = 12
"""Months before the first period whose usage is taken over."""

type Said = tuple[str, ProblemCode, str]
"""A field, what is wrong with it, and how to correct it."""


class _Known:
    """Master data by name, each looked up once: all accounts of a legal entity together, for there may be many."""

    def __init__(self, directory: Directory, legal_entity: str) -> None:
        self.members = frozenset(directory.members(legal_entity))
        self.account = cache(directory.account)
        self.contracts = cache(directory.contracts)
        self.meters = {meter.id for meter in directory.meters()}


def problems(opening: Opening, directory: Directory) -> list[OpeningProblem]:
    """Return everything that is wrong with an opening; raises NotFound for an unknown legal entity."""
    entity = directory.legal_entity(opening.legal_entity)
    known = _Known(directory, entity.id)
    of_rows = []
    for kind in OpeningKind:
        times: Counter[tuple[object, ...]] = Counter()
        for number, row in enumerate(opening.rows(kind), start=1):
            times[row.identity] += 1
            said = [*_twice(times[row.identity]), *_of_row(row, opening, entity, known)]
            of_rows += [OpeningProblem.of((kind.value, number), *problem) for problem in said]
    return [*_of_master_data(opening, entity), *of_rows, *control_problems(opening, entity.currency)]


def _of_master_data(opening: Opening, entity: LegalEntity) -> Iterator[OpeningProblem]:
    """Find what the legal entity lacks: the day from which it bills, and the accounts that opening entries are on."""
    place, chart = (OPENING_FILE, 0), entity.chart_of_accounts
    if entity.bills_from != opening.first.start:
        said = entity.bills_from or "no day"
        message = f"{entity.id} bills from {said}: publish it with bills_from {opening.first.start}"
        yield OpeningProblem.of(place, "first_period", ProblemCode.MASTER_DATA, message)
    if chart.opening is None and (opening.receivables or opening.deferred or opening.balances):
        message = f"the chart of accounts of {entity.id} has no account `opening` to book against"
        yield OpeningProblem.of(place, "", ProblemCode.MASTER_DATA, message)
    if chart.customer_balance is None and opening.balances:
        message = f"the chart of accounts of {entity.id} has no account `customer_balance`"
        yield OpeningProblem.of((OpeningKind.BALANCES.value, 0), "", ProblemCode.MASTER_DATA, message)


def _twice(times: int) -> Iterator[Said]:
    if times > 1:
        yield "", ProblemCode.TWICE, "an earlier row is of the same"


def _of_row(row: OpeningRow, opening: Opening, entity: LegalEntity, known: _Known) -> Iterator[Said]:
    if isinstance(row, AmountRow):
        yield from _of_account(row, opening, known)
        yield from _of_digits(row)
    if isinstance(row, BookedRow):
        yield from _of_booked(row, entity.currency)
    match row:
        case OpenReceivable():
            yield from _of_receivable(row, opening, entity)
        case OpenDeferral():
            yield from _of_deferral(row, opening, entity)
        case PrepaidCredit():
            yield from _of_credit(row, known)
        case NextNumber():
            yield from _of_number(row, opening)
        case PastUsage():
            yield from _of_past(row, opening, known)


def _of_account(row: AmountRow, opening: Opening, known: _Known) -> Iterator[Said]:
    """Find rows of accounts that the legal entity does not bill."""
    if row.account not in known.members:
        yield "account", ProblemCode.UNKNOWN, f"{opening.legal_entity} bills no such account: publish it first"
    elif isinstance(row, OpenBalance):
        account = known.account(row.account)
        if account is not None and account.parent is not None:
            parent = account.parent
            yield "account", ProblemCode.UNKNOWN, f"this account is billed by {parent}: the balance is that one's"


def _of_digits(row: AmountRow) -> Iterator[Said]:
    """Find amounts that have more digits than a line of an invoice may have: sums of many have room to grow."""
    booked = row.booked if isinstance(row, BookedRow) else None
    for field, amount in (("amount", row.amount), ("booked", booked)):
        if amount is not None and amount.adjusted() >= MOST_DIGITS:
            yield field, ProblemCode.CURRENCY, f"an amount has {MOST_DIGITS} digits before the point at most"


def _of_booked(row: BookedRow, books: str) -> Iterator[Said]:
    if row.currency == books and row.booked is not None:
        yield "booked", ProblemCode.CURRENCY, f"the books are in {books}, too: leave it empty"
    elif row.currency != books and row.booked is None:
        yield "booked", ProblemCode.CURRENCY, f"say what it is booked with in {books}"
    elif row.booked is not None:
        try:
            Money.of(row.booked, books)
        except InvalidMoney as error:
            yield "booked", ProblemCode.CURRENCY, str(error)


def _of_receivable(row: OpenReceivable, opening: Opening, entity: LegalEntity) -> Iterator[Said]:
    if row.due < row.issued:
        yield "due", ProblemCode.DATE, "it is due before it was issued"
    if row.issued >= opening.first.end:
        yield "issued", ProblemCode.DATE, f"it was issued after {opening.first_period}, which billproof bills"
    try:
        number = DocumentNumber.parse(row.reference)
    except NotFound:
        return
    given = {(one.series.kind.prefix(entity.number_prefix), one.year): one.next for one in opening.numbers}
    is_ours = number.prefix in {kind.prefix(entity.number_prefix) for kind in SeriesKind}
    goes_on = given.get((number.prefix, number.year), 1)
    if is_ours and number.year >= opening.first.start.year and number.ordinal >= goes_on:
        yield "reference", ProblemCode.NUMBER_TAKEN, f"billproof goes on with {goes_on}: it is to give it"


def _of_deferral(row: OpenDeferral, opening: Opening, entity: LegalEntity) -> Iterator[Said]:
    if row.currency != entity.currency:
        yield "currency", ProblemCode.CURRENCY, f"revenue is deferred in the currency of the books, {entity.currency}"
    if row.revenue_category not in entity.chart_of_accounts.revenue:
        yield "revenue_category", ProblemCode.UNKNOWN, "the chart of accounts has no revenue account for it"
    if row.first_month < opening.first_period:
        yield "first_month", ProblemCode.DATE, f"what was earned before {opening.first_period} is not deferred any more"
    if not 0 < _months(row.first_month, row.last_month) <= MOST_MONTHS:
        yield "last_month", ProblemCode.DATE, f"it is earned over 1 to {MOST_MONTHS} months"


def _months(first: str, last: str) -> int:
    start, end = Period.month(first).start, Period.month(last).start
    return (end.year - start.year) * 12 + end.month - start.month + 1


def _of_credit(row: PrepaidCredit, known: _Known) -> Iterator[Said]:
    versions = [contract for contract in known.contracts(row.account) if contract.id == row.contract]
    last = max(versions, key=lambda contract: contract.version, default=None)
    credit = next((credit for credit in last.credits if credit.id == row.credit), None) if last else None
    if last is None:
        yield "contract", ProblemCode.UNKNOWN, f"{row.account} has no such contract: publish it first"
    elif credit is None:
        yield "credit", ProblemCode.UNKNOWN, f"{row.contract} has no such credit"
    else:
        if credit.amount != row.granted:
            yield "granted", ProblemCode.UNKNOWN, f"{row.contract} grants {decimal_text(credit.amount)}"
        if last.currency != row.currency:
            yield "currency", ProblemCode.CURRENCY, f"{row.contract} is in {last.currency}"
    if row.amount > row.granted:
        yield "amount", ProblemCode.UNKNOWN, "more is left than was granted"


def undeclared_credits(opening: Opening, directory: Directory) -> Iterator[OpeningProblem]:
    """Find prepaid credits that began before the first period and that no row names: they would count as untouched.

    It looks at every contract of the legal entity, so it takes its time.
    """
    declared = {row.identity for row in opening.credits}
    start = opening.first.start
    for account in directory.members(opening.legal_entity):
        last = {contract.id: contract for contract in directory.contracts(account)}  # by version, the latest last
        for contract in last.values():
            for credit in contract.credits:
                ended = credit.effective.end is not None and credit.effective.end <= start
                if credit.effective.start < start and not ended and (account, contract.id, credit.id) not in declared:
                    message = f"no row says what is left of {credit.id} of contract {contract.id} of {account}"
                    place = (OpeningKind.CREDITS.value, 0)
                    yield OpeningProblem.of(place, "credit", ProblemCode.UNDECLARED, message)


def _of_past(row: PastUsage, opening: Opening, known: _Known) -> Iterator[Said]:
    if row.meter not in known.meters:
        yield "meter", ProblemCode.UNKNOWN, "there is no such meter: publish it first"
    if not -PAST_MONTHS <= _months(opening.first_period, row.month) - 1 < 0:
        yield "month", ProblemCode.DATE, f"it is one of the {PAST_MONTHS} months before {opening.first_period}"


def _of_number(row: NextNumber, opening: Opening) -> Iterator[Said]:
    if row.year < opening.first.start.year:
        yield "year", ProblemCode.DATE, f"billproof numbers nothing of before {opening.first.start.year}"
    if row.next > 1 and row.last_issued is None:
        yield "last_issued", ProblemCode.DATE, "say on which day the number before was issued"
    if row.last_issued is not None and row.last_issued >= opening.first.end:
        yield "last_issued", ProblemCode.DATE, f"it is after {opening.first_period}, which billproof bills"
    if row.last_issued is not None and row.last_issued.year != row.year:
        yield "last_issued", ProblemCode.DATE, f"a number of {row.year} was issued in {row.year}"
