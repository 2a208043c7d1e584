"""Which events of an account a run counts: the window of a period, in the contract's time zone, cut into parts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta

from billproof.contracts.model import Contract
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account
from billproof.periods import Period, instant_text
from billproof.periods import zone as zone_of
from billproof.pricing.reading import Read
from billproof.usage.model import AccountWindow, PartWindow


def window_of(
    account: Account,
    contracts: Sequence[Contract],
    period: Period,
    *,
    time_zone: str,
    after: str,
    before: str,
    meters: Mapping[str, Meter],
) -> AccountWindow:
    """Return the window of an account's events of a period, received from `after` to before `before`.

    Its time zone is that of the account's own contract, else of the first on the invoice, else `time_zone`. The batch
    is filled in when batches are cut.
    """
    own = [contract for contract in contracts if contract.account == account.id]
    zone = next((contract.time_zone for contract in (*own, *contracts)), time_zone)
    start, end = period.instants(zone)
    excluded = {exclusion.event_type for contract in own for exclusion in contract.exclusions}
    read = Read.of(contracts, period, account=account.id)
    return AccountWindow(
        account=account.id,
        batch="",
        period=period.name,
        start=instant_text(start),
        end=instant_text(end),
        after=after,
        before=before,
        metered=read.conditions(meters),
        excluded_types=tuple(sorted(excluded)),
        parts=tuple(PartWindow(name=name, **_instants(days, zone)) for name, days in sorted(read.parts.items())),
        days=_midnights(period, zone) if read.by_day else (),
    )


def _instants(days: Period, zone: str) -> dict[str, str]:
    start, end = days.instants(zone)
    return {"start": instant_text(start), "end": instant_text(end)}


def _midnights(period: Period, zone: str) -> tuple[str, ...]:
    days = [period.start + timedelta(days=number) for number in range(period.days + 1)]
    return tuple(instant_text(datetime.combine(day, time.min, tzinfo=zone_of(zone))) for day in days)
