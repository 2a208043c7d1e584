"""Planning a billing run: which accounts, under which terms, in which batches; frozen before anything is counted.

accounts -> batches (a plan each) -> buckets (an aggregation plan each) -> the plan of the run and the maps' items
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import batched

from billproof.ids import shard_of
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period, instant_text
from billproof.pipeline.account_planner import AccountPlan, AccountPlanner
from billproof.pipeline.aggregation_plans import (
    BucketsPlanning,
    BucketWork,
    add_windows,
    control_totals_seen,
    stated_aggregates,
    write_aggregation_plans,
)
from billproof.pipeline.artefacts import BATCH_PLAN, CONTROL_TOTALS, REFUSED, RUN_PLAN, Artefacts
from billproof.pipeline.charges import new_charges
from billproof.pipeline.families import members_of
from billproof.pipeline.model import PlanRequest, RunPlan
from billproof.pipeline.months import Months
from billproof.pipeline.refusals import plan_refusals
from billproof.pipeline.starting import refuse_signed_off
from billproof.ports import NewObject, Objects, Records
from billproof.pricing.terms import BatchPlan
from billproof.usage.log import bucket_name

LOOKUPS_AT_ONCE = 16


class PlanOutcome(StrEnum):
    """Whether the workflow has anything to bill."""

    PLANNED = "planned"
    NOTHING_TO_BILL = "nothing_to_bill"


class Planned(PlanRequest):
    """What the workflow needs to go on: how much there is, and where its maps read their items."""

    outcome: PlanOutcome
    accounts: int
    buckets_key: str
    batches_key: str
    max_concurrency: int


@dataclass(frozen=True, slots=True)
class RunSizes:
    """Over how many buckets the usage log is spread, how many accounts a batch has, how many batches run at once."""

    buckets: int
    batch_size: int
    max_concurrency: int


@dataclass(frozen=True, slots=True)
class _Planning:
    """What every step of planning looks at."""

    request: PlanRequest
    entity: LegalEntity
    period: Period
    directory: Directory
    artefacts: Artefacts
    sizes: RunSizes
    now: str
    counts_everyone: bool

    @property
    def before(self) -> str:
        """The month before."""
        return Period.month_ending(self.period.start).name


def plan_billing_run(
    request: PlanRequest,
    *,
    directory: Directory,
    register: Register,
    objects: Objects,
    runs: Records,
    sizes: RunSizes,
    now: datetime,
    counts_everyone: bool = True,
) -> Planned:
    """Freeze the terms of every account of the legal entity and cut the work into buckets and batches.

    A batch is of the accounts of one bucket of the usage log; the events of their children may lie in others. The order
    of accounts and batches is fixed by their names. What the usage log holds now is of this run; what is written later
    is not. Accounts that the request names limit the run to them and their families. Where sources stated control
    totals, a run counts the usage of all buckets, for everyone; a preview does not. Raises NotFound (for an account
    of another legal entity, too) and InvalidPeriod, for a month that is signed off, too.
    """
    refuse_signed_off(runs, request.legal_entity, request.period)
    planning = _Planning(
        request=request,
        entity=directory.legal_entity(request.legal_entity),
        period=Period.month(request.period),
        directory=directory,
        artefacts=Artefacts(objects),
        sizes=sizes,
        now=instant_text(now),
        counts_everyone=counts_everyone,
    )
    months = Months(runs, request.legal_entity)
    accounts = _plan_accounts(planning, register, objects, months)
    shared = _shared_plan(planning)
    batches, work = _write_batches(planning, accounts, shared)
    buckets, has_control_totals = _write_aggregations(
        planning, work, shared, objects, run_before=months.last_closed_run(planning.before)
    )
    refused = plan_refusals(request, _names(accounts), directory=directory, objects=objects, runs=runs, now=now)
    planning.artefacts.write(REFUSED, request.run_id, refused)
    plan = _write_run_plan(planning, shared, accounts, buckets, batches, has_control_totals=has_control_totals)
    run, artefacts = request.run_id, planning.artefacts
    return Planned(
        **request.model_dump(),
        outcome=PlanOutcome.PLANNED if batches else PlanOutcome.NOTHING_TO_BILL,
        accounts=plan.accounts,
        buckets_key=artefacts.write_map_items(run, "buckets", [{"run_id": run, "bucket": b} for b in buckets]),
        batches_key=artefacts.write_map_items(run, "batches", [{"run_id": run, "batch_id": b} for b in batches]),
        max_concurrency=sizes.max_concurrency,
    )


def _plan_accounts(
    planning: _Planning, register: Register, objects: Objects, months: Months
) -> dict[int, list[AccountPlan]]:
    """Return what the run looks at for each account, by bucket."""
    members = members_of(planning.directory, planning.entity.id, planning.request.only_accounts)
    planner = AccountPlanner(
        planning.entity,
        planning.period,
        planning.now,
        buckets=planning.sizes.buckets,
        directory=planning.directory,
        register=register,
        objects=objects,
        is_first_run=planning.request.is_first_run,
        months=months,
    )
    marks = planner.late(members)
    by_bucket: dict[int, list[AccountPlan]] = {}
    with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as pool:
        for plan in pool.map(lambda name: planner.plan(name, marks), members):
            if plan is not None:
                by_bucket.setdefault(shard_of(plan.terms.account.id, planning.sizes.buckets), []).append(plan)
    return by_bucket


def _shared_plan(planning: _Planning) -> BatchPlan:
    """Return what the plans of all batches share."""
    return BatchPlan(
        run=planning.request.run_id,
        batch="",
        legal_entity=planning.entity,
        period=planning.period,
        issue_date=planning.period.end,
        buckets=(),
        meters=tuple(planning.directory.meters()),
        policy=planning.directory.policy(planning.entity.id),
        requested_by=planning.request.requested_by,
        accounts=(),
    )


def _write_batches(
    planning: _Planning,
    accounts: dict[int, list[AccountPlan]],
    shared: BatchPlan,
) -> tuple[list[str], dict[int, list[BucketWork]]]:
    """Write the plan of each batch; return the batches, and the work of each bucket."""
    rate = _rate(shared, planning.directory)
    work: dict[int, list[BucketWork]] = {}
    batches: list[str] = []
    for bucket, plans in sorted(accounts.items()):
        news: list[NewObject] = []
        for number, chunk in enumerate(batched(plans, planning.sizes.batch_size, strict=False)):
            batch = f"{bucket_name(bucket)}-{number:04d}"
            own = {
                "batch": batch,
                "buckets": add_windows(chunk, batch, planning.sizes.buckets, work),
                "accounts": tuple(account.terms for account in chunk),
                "rates": _rates(chunk, planning.entity.currency, rate),
            }
            plan = shared.model_copy(update=own)
            charges = new_charges(plan, [account.charges for account in chunk], planning.artefacts)
            plan = plan.model_copy(update={"has_charges": charges is not None})
            news += [charges] if charges else []
            news.append(planning.artefacts.new(BATCH_PLAN, shared.run, plan, part=batch))
            batches.append(batch)
        planning.artefacts.write_all(news)
    return batches, work


def _write_aggregations(
    planning: _Planning,
    work: dict[int, list[BucketWork]],
    shared: BatchPlan,
    objects: Objects,
    *,
    run_before: str | None,
) -> tuple[list[int], bool]:
    """Write the plan of each bucket; return the buckets, and whether sources stated control totals.

    The segments are listed here, after everything that was released was looked up: what an invoice billed meanwhile is
    in no list of this run only if its billing slot is taken, too. What sources stated is listed before them.

    What a source says it sent is of all accounts: then the buckets of others are counted, too.
    """
    time_zone = planning.entity.time_zone
    control_totals = control_totals_seen(objects, planning.period, time_zone)
    planning.artefacts.write(CONTROL_TOTALS, shared.run, control_totals)
    counts_everyone = planning.counts_everyone and control_totals.objects and work
    buckets = list(range(planning.sizes.buckets)) if counts_everyone else sorted(work)
    buckets_planning = BucketsPlanning(
        run=shared.run,
        period=planning.period,
        time_zone=time_zone,
        planned_at=planning.now,
        meters=shared.meters,
        stated=stated_aggregates(control_totals, shared.meters),
        run_before=run_before,
        objects=objects,
    )
    write_aggregation_plans(buckets_planning, buckets, work)
    return buckets, bool(control_totals.objects)


def _write_run_plan(
    planning: _Planning,
    shared: BatchPlan,
    accounts: dict[int, list[AccountPlan]],
    buckets: Sequence[int],
    batches: Sequence[str],
    *,
    has_control_totals: bool,
) -> RunPlan:
    start, end = (instant_text(instant) for instant in planning.period.instants(planning.entity.time_zone))
    plan = RunPlan(
        run=shared.run,
        legal_entity=planning.entity.id,
        period=planning.period,
        accounts=sum(map(len, accounts.values())),
        buckets=tuple(buckets),
        batches=tuple(batches),
        start=start,
        end=end,
        received_before=planning.now,
        requested_by=shared.requested_by,
        policy=shared.policy,
        has_control_totals=has_control_totals,
        is_partial=bool(planning.request.only_accounts),
        usage_sources=planning.entity.usage_sources,
    )
    planning.artefacts.write(RUN_PLAN, shared.run, plan)
    return plan


def _names(accounts: dict[int, list[AccountPlan]]) -> list[str]:
    """Name every account that a run looks at, children too."""
    return [member.id for plans in accounts.values() for plan in plans for member in plan.terms.members]


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
        for contract in (
            *account.terms.contracts,
            *(known for month in account.terms.earlier for known in month.contracts),
        )
    ]
    rates = (rate(currency) for currency in sorted({contract.currency for contract in contracts} - {books}))
    return tuple(rate for rate in rates if rate is not None)
