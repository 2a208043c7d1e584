"""How the statements of an account follow each other, in whichever order they arrive.

A statement opens with what the one before it closes with. A gap is closed by the statement that was missing: what is
wrong is computed of all statements that are there, and never stored.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Protocol

from billproof.errors import InvalidInput
from billproof.model import Day, Model
from billproof.money import Money


class StatementSpan(Protocol):
    """What has to be known of a statement to say what follows it."""

    @property
    def id(self) -> str:
        """Our name of it."""

    @property
    def account(self) -> str:
        """The IBAN or the bank's number."""

    @property
    def currency(self) -> str:
        """The currency of the balances."""

    @property
    def number(self) -> int | None:
        """Its place in the bank's order."""

    @property
    def page(self) -> int | None:
        """Which part of that it is."""

    @property
    def starts_on(self) -> date:
        """The first day."""

    @property
    def ends_on(self) -> date:
        """The last day."""

    @property
    def opening(self) -> Money | None:
        """The balance that it begins with; None for a notification."""

    @property
    def closing(self) -> Money | None:
        """The balance that it ends with; None for a notification."""

    @property
    def first_day(self) -> str | None:
        """The digest of what is booked on the first day, in any order; None where that is nothing, or not known."""

    @property
    def last_day(self) -> str | None:
        """The same of the last day."""


class Continuity(StrEnum):
    """How a statement stands to the one before it."""

    FOLLOWS = "follows"
    SAME = "same"
    """It is the same statement, sent again."""
    GAP = "gap"
    """Something between them is missing."""
    OVERLAP = "overlap"
    """Both tell of the same days."""


class Succession(Model):
    """How a statement stands to the one before it, why, and by how much the balances differ."""

    continuity: Continuity
    reason: str
    difference: Money | None = None


class StatementBreak(Model):
    """Two statements of an account, of which the later one does not follow the earlier one.

    `difference` is the later one's opening balance less the earlier one's closing balance.
    """

    account: str
    earlier: str
    later: str
    on: Day
    closing: Money
    opening: Money
    continuity: Continuity
    difference: Money
    reason: str


def follows(earlier: StatementSpan, later: StatementSpan) -> Succession:
    """Say whether a statement begins where the one before it ends: its balance, its days and its number.

    Raises InvalidInput for statements of two accounts or currencies, and for notifications: they follow nothing.
    """
    closing, opening = earlier.closing, later.opening
    if (earlier.account, earlier.currency) != (later.account, later.currency) or closing is None or opening is None:
        message = "only statements of one account and currency, with balances, follow each other"
        raise InvalidInput(message)
    if earlier.id == later.id:
        return Succession(continuity=Continuity.SAME, reason="it is the same statement, sent again")
    difference = opening - closing
    overlap = _overlap(earlier, later)
    if overlap is not None:
        return Succession(continuity=Continuity.OVERLAP, reason=overlap, difference=difference)
    if not difference.is_zero:
        balances = f"it opens with {opening}, and the one before it closes with {closing}"
        return Succession(continuity=Continuity.GAP, reason=balances, difference=difference)
    if _skips(earlier, later):
        numbers = "both balances agree, but the bank's numbers of the statements leave one out"
        return Succession(continuity=Continuity.GAP, reason=numbers, difference=difference)
    return Succession(continuity=Continuity.FOLLOWS, reason="it opens with what the one before it closes with")


def _overlap(earlier: StatementSpan, later: StatementSpan) -> str | None:
    """Return why two statements tell of the same days; None where they do not, or it cannot be said."""
    if later.starts_on < earlier.ends_on:
        return f"it starts on {later.starts_on}, before the one before it ends on {earlier.ends_on}"
    if _is_another_version(earlier, later):
        return "both are of the same days, and tell of different entries"
    if _is_part(earlier, later):
        return "one of them is of the first or the last day of the other"
    return f"both tell of the same entries of {later.starts_on}" if _tells_again(earlier, later) else None


def overlaps(one: StatementSpan, other: StatementSpan) -> bool:
    """Say whether two statements of an account tell of the same days; notifications overlap nothing."""
    if one.id == other.id or one.currency != other.currency or None in {one.opening, other.opening}:
        return False
    earlier, later = in_order([one, other])
    return follows(earlier, later).continuity is Continuity.OVERLAP


def _is_another_version(earlier: StatementSpan, later: StatementSpan) -> bool:
    """Say whether the bank wrote a statement of the same days anew: under one number, or from one opening balance on.

    Where the earlier one moves nothing, the later one opens with the same balance because it follows.
    """
    if (earlier.starts_on, earlier.ends_on) != (later.starts_on, later.ends_on):
        return False
    if earlier.number is not None and later.number is not None:
        return (earlier.number, earlier.page) == (later.number, later.page)
    return earlier.opening == later.opening != earlier.closing


def _is_part(earlier: StatementSpan, later: StatementSpan) -> bool:
    """Say whether a statement is of the first or the last day of a longer one: both begin, or end, with one balance."""
    if (earlier.starts_on, earlier.ends_on) == (later.starts_on, later.ends_on):
        return False
    begins = earlier.starts_on == later.starts_on and earlier.opening == later.opening != earlier.closing
    ends = earlier.ends_on == later.ends_on and earlier.closing == later.closing != later.opening
    return begins or ends


def _tells_again(earlier: StatementSpan, later: StatementSpan) -> bool:
    """Say whether both tell of the same entries of the one day that they share.

    Where these come to nothing, the balances are the same with and without them. Two statements of one day alone are
    the same if all of their content is, and otherwise they follow each other.
    """
    if later.starts_on != earlier.ends_on or (earlier.starts_on, later.ends_on) == (later.starts_on, earlier.ends_on):
        return False
    return earlier.last_day is not None and earlier.last_day == later.first_day


def _skips(earlier: StatementSpan, later: StatementSpan) -> bool:
    """Say whether the numbers of two statements leave one out; a number that is not larger began anew."""
    if earlier.number is None or later.number is None:
        return False
    page, next_page = earlier.page or 1, later.page or 1
    if later.number == earlier.number:
        return next_page > page + 1
    return later.number > earlier.number + 1 or (later.number > earlier.number and next_page > 1)


def breaks(statements: Iterable[StatementSpan]) -> list[StatementBreak]:
    """Return the gaps and overlaps of the statements of any accounts; those without balances follow nothing."""
    whole = sorted((one for one in statements if one.opening is not None), key=_account)
    return [broken for _, of_account in groupby(whole, _account) for broken in _of_account(list(of_account))]


def _account(statement: StatementSpan) -> tuple[str, str]:
    return statement.account, statement.currency


def _of_account(statements: list[StatementSpan]) -> Iterator[StatementBreak]:
    reached: StatementSpan | None = None
    for statement in in_order(statements):
        if reached is not None:
            succession = follows(reached, statement)
            if succession.continuity in {Continuity.GAP, Continuity.OVERLAP}:
                yield _broken(reached, statement, succession)
        if reached is None or statement.ends_on >= reached.ends_on:  # one within another is not what the next follows
            reached = statement


def _broken(earlier: StatementSpan, later: StatementSpan, succession: Succession) -> StatementBreak:
    nothing = Money.zero(later.currency)
    return StatementBreak(
        account=later.account,
        earlier=earlier.id,
        later=later.id,
        on=later.starts_on,
        closing=earlier.closing or nothing,
        opening=later.opening or nothing,
        continuity=succession.continuity,
        difference=succession.difference or nothing,
        reason=succession.reason,
    )


def in_order[S: StatementSpan](statements: Iterable[S]) -> list[S]:
    """Return the statements of an account one after the other: by their days, numbers and pages, else by balances.

    Of several that share all of that, each comes after one that closes with what it opens with, as far as they go.
    """
    ordered: list[S] = []
    by_place = sorted({one.id: one for one in statements}.values(), key=lambda one: (_place(one), one.id))
    groups = [list(alike) for _, alike in groupby(by_place, _place)]
    starts: list[list[Money | None]] = [[]]
    for alike in reversed(groups):
        starts.append(_starts(alike, starts[-1]))
    for alike in groups:
        reached = ordered[-1].closing if ordered else None
        ordered += _chained(alike, sorted(starts.pop(), key=lambda balance: balance != reached))
    return ordered


def _starts(alike: Sequence[StatementSpan], later: Collection[Money | None]) -> list[Money | None]:
    """Return the balances with which a chain of statements may begin: those that more open with than close with.

    Where there is none it is a circle, which ends where it begins: that is what a later chain may begin with.
    """
    surplus = Counter(one.opening for one in alike)
    surplus.subtract(one.closing for one in alike)
    openings = [one.opening for one in alike]
    circle = [balance for balance in openings if balance in later] or openings
    return [balance for balance in openings if surplus[balance] > 0] or circle


def _chained[S: StatementSpan](alike: Sequence[S], starts: Sequence[Money | None]) -> list[S]:
    """Order statements by their balances, from the first start on: a way that uses each once (Hierholzer, 1873)."""
    left: dict[Money | None, list[S]] = {}
    for one in reversed(alike):
        left.setdefault(one.opening, []).append(one)
    done: list[S] = []
    for start in (*starts, *(one.opening for one in alike)):
        way: list[S] = []
        steps: list[tuple[Money | None, S | None]] = [(start, None)]
        while steps:
            balance, step = steps[-1]
            if left.get(balance):
                following = left[balance].pop()
                steps.append((following.closing, following))
            else:
                steps.pop()
                way += [step] if step is not None else []
        done += reversed(way)
    return done


def _place(statement: StatementSpan) -> tuple[date, date, int, int]:
    return statement.starts_on, statement.ends_on, statement.number or 0, statement.page or 0
