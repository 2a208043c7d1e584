"""Planning a billing run: which accounts, under which terms, in which batches; frozen before anything is counted."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import batched

from billproof.errors import NotFound
from billproof.ids import shard_of
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.model import Model
from billproof.periods import Period, instant_text
from billproof.pipeline.account_planner import AccountPlan, AccountPlanner
from billproof.pipeline.artefacts import AGGREGATION_PLAN, BATCH_PLAN, RUN_PLAN, Artefacts
from billproof.pipeline.model import RunPlan
from billproof.ports import Objects
from billproof.pricing.reading import Read
from billproof.pricing.terms import BatchPlan
from billproof.usage.log import bucket_name
from billproof.usage.model import AccountWindow, AggregationPlan, AskedAggregate
from billproof.usage.readings import Reading

LOOKUPS_AT_ONCE = 16
MAPS = "maps"
RUN = "run"


@dataclass(frozen=True, slots=True)
class _Windows:
    """The windows of an account, or of children of it, in one bucket of the usage log."""

    account: AccountPlan
    windows: tuple[AccountWindow, ...]


class Planned(Model):
    """What the workflow needs to go on: how much there is, and where its maps read their items."""

    run_id: str
    legal_entity: str
    period: str
    requested_by: str
    only_accounts: tuple[str, ...]
    outcome: str
    accounts: int
    buckets_key: str
    batches_key: str
    max_concurrency: int


def plan_billing_run(
    *,
    run_id: str,
    legal_entity: str,
    period: str,
    requested_by: str,
    only_accounts: Sequence[str],
    directory: Directory,
    register: Register,
    objects: Objects,
    buckets: int,
    batch_size: int,
    max_concurrency: int,
    now: datetime,
) -> Planned:
    """Freeze the terms of every account of the legal entity and cut the work into buckets and batches.

    A batch is of the accounts of one bucket of the usage log; the events of their children may lie in others. The order
    of accounts and batches is fixed by their names. Events received from `now` on are not of this run. `only_accounts`,
    where it names any, limits the run to them and their families. Raises NotFound (for an account of another legal
    entity, too) and InvalidPeriod.
    """
    artefacts = Artefacts(objects)
    entity = directory.legal_entity(legal_entity)
    month = Period.month(period)
    members = _members(directory, legal_entity, only_accounts)
    account_planner = AccountPlanner(
        entity, month, instant_text(now), buckets=buckets, directory=directory, register=register, objects=objects
    )
    marks = account_planner.late(members)
    by_bucket: dict[int, list[AccountPlan]] = {}
    with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as pool:
        for found in pool.map(lambda name: account_planner.survey(name, marks), members):
            if found is not None:
                by_bucket.setdefault(shard_of(found.terms.account.id, buckets), []).append(found)
    shared = BatchPlan(
        run=run_id,
        batch="",
        legal_entity=entity,
        period=month,
        issue_date=month.end,
        buckets=(),
        meters=tuple(directory.meters()),
        policy=directory.policy(legal_entity),
        requested_by=requested_by,
        accounts=(),
    )
    rate = _rate(shared, directory)
    work: dict[int, list[_Windows]] = {}
    batches: list[str] = []
    for bucket, accounts in sorted(by_bucket.items()):
        for number, chunk in enumerate(batched(accounts, batch_size, strict=False)):
            batch = f"{bucket_name(bucket)}-{number:04d}"
            batches.append(batch)
            used = _sort_windows(chunk, batch, buckets, work)
            own = {"batch": batch, "buckets": used, "accounts": tuple(account.terms for account in chunk)}
            plan = shared.model_copy(update={**own, "rates": _rates(chunk, entity.currency, rate)})
            artefacts.write(BATCH_PLAN, run_id, plan, part=batch)
    start, end = (instant_text(each) for each in month.instants(entity.time_zone))
    stated = _stated(objects, month, shared.meters)
    # What a source says it sent is of all accounts: then the buckets of others are counted, too.
    counted = list(range(buckets)) if stated and work else sorted(work)
    for bucket in counted:
        mine = work.get(bucket, [])
        windows = tuple(window for each in mine for window in each.windows)
        aggregation = AggregationPlan(
            run=run_id,
            bucket=bucket,
            received_before=instant_text(now),
            days=_days((window.start, window.end) for window in windows) if windows else _days([(start, end)]),
            windows=windows,
            asked=_asked((each.account for each in mine), month, shared.meters),
            period=month.name,
            stated=stated,
        )
        artefacts.write(AGGREGATION_PLAN, run_id, aggregation, part=bucket_name(bucket))
    plan_of_run = RunPlan(
        run=run_id,
        legal_entity=legal_entity,
        period=month,
        accounts=sum(map(len, by_bucket.values())),
        buckets=tuple(counted),
        batches=tuple(batches),
        start=start,
        end=end,
        received_before=instant_text(now),
        requested_by=requested_by,
        policy=shared.policy,
        has_control_totals=bool(stated),
        is_partial=bool(only_accounts),
    )
    artefacts.write(RUN_PLAN, run_id, plan_of_run)
    buckets_key = artefacts.write_map_items(run_id, "buckets", [{"run_id": run_id, "bucket": b} for b in counted])
    batches_key = artefacts.write_map_items(run_id, "batches", [{"run_id": run_id, "batch_id": b} for b in batches])
    return Planned(
        run_id=run_id,
        legal_entity=legal_entity,
        period=period,
        requested_by=requested_by,
        only_accounts=tuple(only_accounts),
        outcome="planned" if batches else "nothing_to_bill",
        accounts=plan_of_run.accounts,
        buckets_key=buckets_key,
        batches_key=batches_key,
        max_concurrency=max_concurrency,
    )


def _sort_windows(
    accounts: Iterable[AccountPlan], batch: str, buckets: int, work: dict[int, list[_Windows]]
) -> tuple[int, ...]:
    """Add the windows of a batch to the work of the buckets that hold their events, and return those buckets."""
    used: set[int] = set()
    for account in accounts:
        found: dict[int, list[AccountWindow]] = {}
        for window in account.windows:
            mine = found.setdefault(shard_of(window.account, buckets), [])
            mine.append(window.model_copy(update={"batch": batch}))
        for bucket, windows in found.items():
            work.setdefault(bucket, []).append(_Windows(account, tuple(windows)))
        used |= found.keys()
    return tuple(sorted(used))


type _Rate = Callable[[str], ExchangeRate | None]


def _rate(shared: BatchPlan, directory: Directory) -> _Rate:
    """Look each currency's rate up once: all batches of a run are converted alike."""
    books, days = shared.legal_entity.currency, shared.policy.thresholds.exchange_rate_days
    return cache(lambda currency: directory.rate(currency, books, on=shared.issue_date, days=days))


def _rates(accounts: Iterable[AccountPlan], books: str, rate: _Rate) -> tuple[ExchangeRate, ...]:
    """Return the rates of every other currency than the books' that a contract of some accounts is in."""
    contracts = [
        contract
        for account in accounts
        for contract in (*account.terms.contracts, *(c for each in account.terms.earlier for c in each.contracts))
    ]
    found = (rate(currency) for currency in sorted({contract.currency for contract in contracts} - {books}))
    return tuple(each for each in found if each is not None)


def _members(directory: Directory, legal_entity: str, only: Sequence[str]) -> list[str]:
    """Return the accounts to look at, by name; of those named, a child stands for its parent with all its children."""
    members = sorted(directory.members(legal_entity))
    unknown = sorted(set(only) - set(members))
    if unknown:
        message = f"{legal_entity} does not bill {', '.join(unknown)}"
        raise NotFound(message)
    if not only:
        return members
    wanted = set(only)
    for account_record in map(directory.account_record, only):
        parent = account_record.account.parent
        if parent in members:
            wanted |= {parent, *directory.account_record(parent).children}
        wanted |= set(account_record.children)
    return [member for member in members if member in wanted]


def _stated(objects: Objects, period: Period, meters: Iterable[Meter]) -> tuple[AskedAggregate, ...]:
    """Return what to count by the hour: every meter where a source sent control totals, else nothing."""
    months = {period.start.strftime("%Y-%m"), period.end.strftime("%Y-%m")}
    if not any(next(iter(objects.keys(f"control-totals/day={month}")), None) for month in months):
        return ()
    return tuple(_ask(meter, Reading(meter=meter.id)) for meter in meters)


def _ask(meter: Meter, reading: Reading) -> AskedAggregate:
    return AskedAggregate(
        meter=meter.id,
        event_type=meter.event_type,
        aggregation=meter.aggregation,
        value_property=meter.value_property,
        price_property=meter.price_property,
        percentile=meter.percentile,
        where=meter.where,
        rounding=meter.rounding,
        reading=reading,
    )


def _days(spans: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    days: set[str] = set()
    for start, end in {(start[:10], end[:10]) for start, end in spans}:
        day = date.fromisoformat(start)
        while day <= date.fromisoformat(end):
            days.add(day.isoformat())
            day += timedelta(days=1)
    return tuple(sorted(days))


def _asked(accounts: Iterable[AccountPlan], period: Period, meters: Iterable[Meter]) -> tuple[AskedAggregate, ...]:
    """Return everything that the terms of some accounts read."""
    published = {meter.id: meter for meter in meters}
    readings: set[Reading] = set()
    for terms in (account.terms for account in accounts):
        readings |= Read.of(terms.contracts, period).readings
        for earlier in terms.earlier:
            readings |= Read.of(earlier.contracts, earlier.period).readings
    known = [reading for reading in readings if reading.meter in published]
    known.sort(key=lambda reading: (reading.meter, reading.group_by, reading.variant))
    return tuple(_ask(published[reading.meter], reading) for reading in known)
