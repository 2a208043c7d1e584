"""Which events of an account a run counts: the window of a period, in the contract's time zone, cut into parts.

Windows follow one another without a gap and without overlap, also where a contract in another time zone follows:

    January in Kiritimati  ...----|                         an event of these hours belongs to February: January was
    February in Honolulu          |.......|-------------    over, and the terms of Honolulu say what it costs
                              start      midnight of 1 February
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from billproof.contracts.model import Contract
from billproof.contracts.timeline import governing
from billproof.errors import UnpriceableCharge
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account
from billproof.periods import Period, instant_text
from billproof.periods import zone as zone_of
from billproof.pipeline.earlier_runs import Seen
from billproof.pricing.reading import Read
from billproof.usage.levels import LevelSource
from billproof.usage.model import AccountWindow, Edges, PartWindow


def window_of(
    account: Account,
    contracts: Sequence[Contract],
    period: Period,
    *,
    known: Sequence[Contract],
    time_zone: str,
    after: Seen,
    meters: Mapping[str, Meter],
    levels: LevelSource | None = None,
) -> AccountWindow:
    """Return the window of an account's events of a period, of which earlier runs counted what `after` says.

    `known` are all contracts of the invoice, of any time: they say which time zone its months have, else `time_zone`.
    `levels` says where the levels before it come from. The batch is filled in when batches are cut.
    """
    own = [contract for contract in contracts if contract.account == account.id]
    before = Period.month_ending(period.start)
    zone = zone_in(period, account, known, time_zone)
    _, start = before.instants(zone_in(before, account, known, time_zone))
    _, end = period.instants(zone)
    excluded = {exclusion.event_type for contract in own for exclusion in contract.exclusions}
    read = Read.of(contracts, period, account=account.id)
    return AccountWindow(
        account=account.id,
        batch="",
        period=period.name,
        start=instant_text(start),
        end=instant_text(end),
        after=after.until,
        before="",
        after_manifest=after.manifest,
        metered=read.conditions(meters),
        excluded_types=tuple(sorted(excluded)),
        parts=tuple(
            _part(name, ranges, zone, is_prefix=name in read.prefixes)
            for name, ranges in sorted({**read.prefixes, **read.parts}.items())
        ),
        days=_midnights(period, zone) if read.by_day else (),
        levels=levels,
    )


def zone_in(period: Period, account: Account, known: Sequence[Contract], time_zone: str) -> str:
    """Return the time zone of an account's period: of its own contract then, else of the first on the invoice.

    Where none is in force it is that of the last one before, else of the first one after, else `time_zone`.
    """
    try:
        governed = governing(known, period)
    except UnpriceableCharge:  # its invoice is held, and its events are counted
        governed = []
    begun = [contract for contract in known if contract.effective.start <= period.start]
    nearest = [*sorted(begun, key=_start, reverse=True), *sorted(known, key=_start)]
    candidates = [*_own_first(governed, account), *_own_first(nearest, account)]
    return next((contract.time_zone for contract in candidates), time_zone)


def _start(contract: Contract) -> date:
    return contract.effective.start


def _own_first(contracts: Sequence[Contract], account: Account) -> list[Contract]:
    return sorted(contracts, key=lambda contract: contract.account != account.id)


def unpriced(window: AccountWindow, *, billed_later: Mapping[str, tuple[str, ...]]) -> AccountWindow:
    """Return a window whose events are counted and not priced: no invoice bills its month.

    `billed_later` names those that months after it bill: readings of a level that goes on.
    """
    return window.model_copy(update={"metered": dict(billed_later), "parts": (), "days": (), "levels": None})


def _part(name: str, ranges: Sequence[Period], zone: str, *, is_prefix: bool) -> PartWindow:
    edges = [tuple(map(instant_text, days.instants(zone))) for days in ranges]
    gaps = tuple(Edges(start=before[1], end=after[0]) for before, after in pairwise(edges))
    return PartWindow(name=name, start=edges[0][0], end=edges[-1][1], gaps=gaps, is_prefix=is_prefix)


def _midnights(period: Period, zone: str) -> tuple[str, ...]:
    days = [period.start + timedelta(days=number) for number in range(period.days + 1)]
    return tuple(instant_text(datetime.combine(day, time.min, tzinfo=zone_of(zone))) for day in days)
