"""Planning a billing run: which accounts, under which terms, in which batches; frozen before anything is counted."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import batched

from billproof.artefacts import Artefacts
from billproof.contracts.directory import Directory
from billproof.contracts.model import Account, Contract, LegalEntity, Meter
from billproof.contracts.rules import governing
from billproof.contracts.terms import PLAN, AccountTerms, BatchPlan
from billproof.errors import NotFound, UnpriceableCharge
from billproof.ids import shard_of
from billproof.model import Model
from billproof.periods import Period, instant_text
from billproof.ports import Objects
from billproof.pricing.service import unpriceable
from billproof.runs.model import RunPlan
from billproof.usage.log import bucket_name
from billproof.usage.model import AGGREGATION_PLAN, AccountWindow, AggregationPlan, AskedAggregate

LOOKUPS_AT_ONCE = 16
MAPS = "maps"
RUN = "run"


class Planned(Model):
    """What the workflow needs to go on: how much there is, and where its maps read their items."""

    run_id: str
    legal_entity: str
    period: str
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
    directory: Directory,
    objects: Objects,
    buckets: int,
    batch_size: int,
    max_concurrency: int,
    now: datetime,
) -> Planned:
    """Freeze the terms of every account of the legal entity and cut the work into buckets and batches.

    A batch lies within one bucket of the usage log, so one aggregation writes all of its usage. The order of accounts
    and batches is fixed by their names. Events received from `now` on are not of this run. Raises NotFound and
    InvalidPeriod.
    """
    artefacts = Artefacts(objects)
    entity = directory.legal_entity(legal_entity)
    month = Period.month(period)
    meters = tuple(directory.meters())
    by_bucket: dict[int, list[AccountTerms]] = {}
    members = sorted(directory.members(legal_entity))
    with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as pool:
        for account, terms in zip(members, pool.map(lambda name: _terms(directory, name, month), members), strict=True):
            by_bucket.setdefault(shard_of(account, buckets), []).append(terms)
    batches: list[str] = []
    for bucket, accounts in sorted(by_bucket.items()):
        named = {
            f"{bucket_name(bucket)}-{number:04d}": chunk
            for number, chunk in enumerate(batched(accounts, batch_size, strict=False))
        }
        for batch, chunk in named.items():
            plan = BatchPlan(
                run=run_id,
                batch=batch,
                legal_entity=entity,
                period=month,
                issue_date=month.end,
                meters=meters,
                accounts=chunk,
            )
            artefacts.write(run_id, PLAN, batch, plan)
        aggregation = _aggregation_plan(run_id, bucket, named, entity, month, meters, instant_text(now))
        artefacts.write(run_id, AGGREGATION_PLAN, bucket_name(bucket), aggregation)
        batches += named
    used = sorted(by_bucket)
    plan_of_run = RunPlan(
        run=run_id,
        legal_entity=legal_entity,
        period=month,
        accounts=sum(map(len, by_bucket.values())),
        buckets=tuple(used),
        batches=tuple(batches),
    )
    artefacts.write(run_id, RUN, "plan", plan_of_run)
    buckets_key = artefacts.write_json(run_id, MAPS, "buckets", [{"run_id": run_id, "bucket": b} for b in used])
    batches_key = artefacts.write_json(run_id, MAPS, "batches", [{"run_id": run_id, "batch_id": b} for b in batches])
    return Planned(
        run_id=run_id,
        legal_entity=legal_entity,
        period=period,
        outcome="planned" if batches else "nothing_to_bill",
        accounts=plan_of_run.accounts,
        buckets_key=buckets_key,
        batches_key=batches_key,
        max_concurrency=max_concurrency,
    )


def _terms(directory: Directory, account_id: str, period: Period) -> AccountTerms:
    account = directory.account(account_id)
    if account is None:  # the membership is written with the account's first version
        message = f"account {account_id} has no profile"
        raise NotFound(message)
    try:
        return AccountTerms(account=account, contracts=tuple(governing(directory.contracts(account_id), period)))
    except UnpriceableCharge as error:
        return AccountTerms(account=account, contracts=(), findings=(unpriceable(account_id, error),))


def _aggregation_plan(
    run_id: str,
    bucket: int,
    batches: dict[str, tuple[AccountTerms, ...]],
    entity: LegalEntity,
    period: Period,
    meters: tuple[Meter, ...],
    received_before: str,
) -> AggregationPlan:
    by_id = {meter.id: meter for meter in meters}
    windows = [
        _window(terms.account, terms.contracts, batch, entity, period, by_id)
        for batch, chunk in batches.items()
        for terms in chunk
    ]
    contracts = [contract for chunk in batches.values() for terms in chunk for contract in terms.contracts]
    return AggregationPlan(
        run=run_id,
        bucket=bucket,
        received_before=received_before,
        days=_days(windows),
        windows=tuple(windows),
        asked=_asked(contracts, by_id),
    )


def _window(
    account: Account,
    contracts: tuple[Contract, ...],
    batch: str,
    entity: LegalEntity,
    period: Period,
    meters: dict[str, Meter],
) -> AccountWindow:
    start, end = period.instants(contracts[0].time_zone if contracts else entity.time_zone)
    metered = {
        meters[charge.meter].event_type
        for contract in contracts
        for charge in contract.charges
        if charge.meter in meters
    }
    excluded = {exclusion.event_type for contract in contracts for exclusion in contract.exclusions}
    return AccountWindow(
        account=account.id,
        batch=batch,
        start=instant_text(start),
        end=instant_text(end),
        metered_types=tuple(sorted(metered)),
        excluded_types=tuple(sorted(excluded)),
    )


def _days(windows: Iterable[AccountWindow]) -> tuple[str, ...]:
    days: set[str] = set()
    for start, end in {(window.start[:10], window.end[:10]) for window in windows}:
        day = date.fromisoformat(start)
        while day <= date.fromisoformat(end):
            days.add(day.isoformat())
            day += timedelta(days=1)
    return tuple(sorted(days))


def _asked(contracts: Iterable[Contract], meters: dict[str, Meter]) -> tuple[AskedAggregate, ...]:
    pairs = {
        (charge.meter, charge.group_by)
        for contract in contracts
        for charge in contract.charges
        if charge.meter is not None and charge.meter in meters
    }
    return tuple(
        AskedAggregate(
            meter=meter,
            event_type=meters[meter].event_type,
            aggregation=meters[meter].aggregation,
            value_property=meters[meter].value_property,
            group_by=group_by,
        )
        for meter, group_by in sorted(pairs)
    )
