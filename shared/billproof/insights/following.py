"""Following the chains of a legal entity: what is recorded since the last call is added, and days that end are kept.

    chain skymeter-inc/0   ..41 | 42 43        | 44
    chain skymeter-inc/1   ..17 |        18 19 |        read in the order of their times, up to `until`
                      standing  |              |
                                day ends: its figures are kept

The order is that of time, chain and number, whoever reads and however often: so a day computed again comes to the same.
`until` lies some minutes back, since a clock of another process may be late.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from zoneinfo import ZoneInfo

from billproof.audit.chain import AuditChain
from billproof.audit.model import AuditBlock
from billproof.events.reading import blocks_after
from billproof.insights.figures import FigureRow, Figures
from billproof.insights.folding import Fold
from billproof.insights.recorded import FactSources
from billproof.insights.standing import ProcessStanding
from billproof.money import Money
from billproof.periods import instant_text
from billproof.ports import Clock
from billproof.store_keys import ChainName

LATE_CLOCK = timedelta(minutes=2)
"""How late the clock of a process that writes may be, with the time that a write takes."""
ONE_DAY = timedelta(days=1)
INTEGRATIONS = ("contracts", "delivery", "erp", "payments")


@dataclass(frozen=True)
class Ended:
    """A day that is over, with its figures."""

    day: date
    rows: tuple[FigureRow, ...]


@dataclass(frozen=True)
class Followed:
    """How many blocks were read, the days that ended, and whether all is read up to `until`."""

    blocks: int
    ended: tuple[Ended, ...]
    is_complete: bool


def follow(
    standing: ProcessStanding,
    chain: AuditChain,
    sources: FactSources,
    *,
    until: datetime,
    clock: Clock,
    deadline: datetime,
) -> Followed:
    """Add to a standing all that is recorded before an instant, or as much as there is time for."""
    fold, ended, blocks = Fold(standing, sources), [], 0
    for block in _in_order(standing, chain, instant_text(until)):
        ended += _end_days(fold, standing.day_of(block.at))
        fold.take(block)
        blocks += 1
        if clock() >= deadline:
            break
    else:
        if standing.day is not None:
            ended += _end_days(fold, until.astimezone(ZoneInfo(standing.time_zone)).date())
        standing.rows = tuple(fold.figures.rows)
        return Followed(blocks, tuple(ended), is_complete=True)
    standing.rows = tuple(fold.figures.rows)
    return Followed(blocks, tuple(ended), is_complete=False)


def _in_order(standing: ProcessStanding, chain: AuditChain, until: str) -> Iterator[AuditBlock]:
    mine = [name for name in chain.names() if ChainName.parse(name).owner == standing.legal_entity]
    lanes = [_lane(chain, name, standing.positions.get(name, 0), until) for name in mine]
    return merge(*lanes, key=lambda block: (block.at, block.chain, block.sequence))


def _lane(chain: AuditChain, name: str, position: int, until: str) -> Iterator[AuditBlock]:
    while blocks := blocks_after(chain, name, position):
        for block in blocks:
            if block.at >= until:
                return
            yield block
        position = blocks[-1].sequence


def _end_days(fold: Fold, day: date) -> list[Ended]:
    """End the days before one, and begin it; days of which nothing is recorded have what stands at their end."""
    standing, ended = fold.standing, []
    while standing.day is not None and standing.day < day:
        add_stocks(fold.figures, standing, standing.midnight(standing.day + ONE_DAY))
        ended.append(Ended(standing.day, tuple(fold.figures.rows)))
        fold.figures = Figures()
        standing.day += ONE_DAY
        standing.forget_older(standing.midnight(standing.day))
    standing.day = day if standing.day is None else max(day, standing.day)  # a clock may be later than is waited for
    return ended


def add_stocks(figures: Figures, standing: ProcessStanding, moment: datetime) -> None:
    """Add what stands at a moment: undecided exceptions, receivables, and since when integrations are silent."""
    for waiting in standing.exceptions.values():
        worth = Money(amount=waiting.amount, currency=waiting.currency) if waiting.currency else None
        figures.add("open_exceptions", worth)
    oldest = min((waiting.at for waiting in standing.exceptions.values()), default=None)
    if oldest is not None:
        figures.add("oldest_exception_hours", number=_whole_hours(oldest, moment))
    last_day = (moment - timedelta(microseconds=1)).date()
    for unpaid in standing.unpaid.values():
        booked = Money(amount=unpaid.booked, currency=unpaid.books)
        figures.add("receivables", booked)
        if unpaid.due < last_day:
            figures.add("overdue", booked)
    for integration in INTEGRATIONS:
        if integration in standing.last:
            hours = _whole_hours(standing.last[integration], moment)
            figures.add("silent_hours", by="integration", of=integration, number=hours)


def _whole_hours(at: str, moment: datetime) -> int:
    return (moment - datetime.fromisoformat(at)) // timedelta(hours=1)
