"""Planning a billing run: which accounts, under which terms, in which batches; frozen before anything is counted.

accounts -> batches (a plan each) -> buckets (an aggregation plan each) -> the plan of the run and the maps' items

Batches are written as they are cut: what is held of an account after that is its name and its windows, packed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import batched

from billproof.ids import shard_of
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period, instant_text
from billproof.pipeline.account_planner import AccountPlan, AccountPlanner
from billproof.pipeline.aggregation_plans import (
    BucketsPlanning,
    Work,
    add_windows,
    control_totals_seen,
    stated_aggregates,
    write_aggregation_plans,
)
from billproof.pipeline.artefacts import BATCH_PLAN, CONTROL_TOTALS, REFUSED, RUN_PLAN, Artefacts
from billproof.pipeline.booking_rates import Rate, rates_for, rates_of
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
AHEAD = 64  # accounts that are planned together: so many wait at most for their batch
BATCHES_AT_ONCE = 8  # plans of batches that are written together: they cost one record of the audit chain


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


@dataclass(slots=True)
class _PlannedAccounts:
    """What a run has of accounts whose batches are written: their number, all names, the batches, and the windows."""

    number: int = 0
    names: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    work: Work = field(default_factory=dict)

    def add(self, batch: str, accounts: Sequence[AccountPlan]) -> None:
        """Add a batch."""
        self.number += len(accounts)
        self.names += (member.id for account in accounts for member in account.terms.members)
        self.batches.append(batch)


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

    Accounts go into batches in the order of the buckets of the usage log and of their names there, so few buckets are
    read for a batch. What the usage log holds now is of this run; what is written later is not. Accounts that the
    request names limit the run to them and their families. Where sources stated control totals, a run counts all
    buckets; a preview does not (`counts_everyone`). Raises NotFound (for an account of another legal entity, too) and
    InvalidPeriod, for a month that is signed off, too.
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
    shared = _shared_plan(planning)
    accounts = _plan_accounts(planning, shared, register, objects, months)
    run_before = months.last_closed_run(Period.month_ending(planning.period.start).name)
    buckets, has_control_totals = _write_aggregations(planning, accounts.work, shared, objects, run_before=run_before)
    refused = plan_refusals(request, accounts.names, directory=directory, objects=objects, runs=runs, now=now)
    planning.artefacts.write(REFUSED, request.run_id, refused)
    plan = _write_run_plan(planning, shared, accounts, buckets, has_control_totals=has_control_totals)
    run, artefacts = request.run_id, planning.artefacts
    return Planned(
        **request.model_dump(),
        outcome=PlanOutcome.PLANNED if accounts.batches else PlanOutcome.NOTHING_TO_BILL,
        accounts=plan.accounts,
        buckets_key=artefacts.write_map_items(run, "buckets", [{"run_id": run, "bucket": b} for b in buckets]),
        batches_key=artefacts.write_map_items(
            run, "batches", [{"run_id": run, "batch_id": b} for b in accounts.batches]
        ),
        max_concurrency=sizes.max_concurrency,
    )


def _plan_accounts(
    planning: _Planning, shared: BatchPlan, register: Register, objects: Objects, months: Months
) -> _PlannedAccounts:
    """Plan the accounts in the order of buckets, batch by batch, and write each batch's plan as soon as it is cut."""
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
    in_order = sorted(members, key=lambda name: (shard_of(name, planning.sizes.buckets), name))
    planned = _PlannedAccounts()
    rate = rates_for(shared, planning.directory)
    with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as pool:
        plans = filter(None, _ahead(pool, partial(planner.plan, marks=marks), in_order))
        chunks = batched(plans, planning.sizes.batch_size, strict=False)
        named = ((_batch_name(number, chunk, planning.sizes), chunk) for number, chunk in enumerate(chunks))
        for some in batched(named, BATCHES_AT_ONCE, strict=False):
            _write_batches(planning, shared, rate, some, planned)
    return planned


def _batch_name(number: int, accounts: Sequence[AccountPlan], sizes: RunSizes) -> str:
    """Name a batch by the bucket of its first account, and by its number."""
    return f"{bucket_name(shard_of(accounts[0].terms.account.id, sizes.buckets))}-{number:04d}"


def _ahead[T, R](pool: ThreadPoolExecutor, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
    """Do some work side by side, in order and not far ahead of who takes the results."""
    for chunk in batched(tasks, AHEAD, strict=False):
        yield from pool.map(work, chunk)


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
    shared: BatchPlan,
    rate: Rate,
    chunks: Iterable[tuple[str, Sequence[AccountPlan]]],
    planned: _PlannedAccounts,
) -> None:
    """Write the plans of some batches together, and add what the run has of them."""
    news: list[NewObject] = []
    for batch, chunk in chunks:
        own = {
            "batch": batch,
            "buckets": add_windows(chunk, batch, planning.sizes.buckets, planning.period, planned.work),
            "accounts": tuple(account.terms for account in chunk),
            "rates": rates_of(chunk, planning.entity.currency, rate),
        }
        plan = shared.model_copy(update=own)
        charges = new_charges(plan, [account.charges for account in chunk], planning.artefacts)
        plan = plan.model_copy(update={"has_charges": charges is not None})
        news += [charges] if charges else []
        news.append(planning.artefacts.new(BATCH_PLAN, shared.run, plan, part=batch))
        planned.add(batch, chunk)
    planning.artefacts.write_all(news)


def _write_aggregations(
    planning: _Planning,
    work: Work,
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
    counts_all = planning.counts_everyone and control_totals.objects and work
    buckets = list(range(planning.sizes.buckets)) if counts_all else sorted(work)
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
    accounts: _PlannedAccounts,
    buckets: Sequence[int],
    *,
    has_control_totals: bool,
) -> RunPlan:
    start, end = (instant_text(instant) for instant in planning.period.instants(planning.entity.time_zone))
    plan = RunPlan(
        run=shared.run,
        legal_entity=planning.entity.id,
        period=planning.period,
        accounts=accounts.number,
        buckets=tuple(buckets),
        batches=tuple(accounts.batches),
        start=start,
        end=end,
        received_before=planning.now,
        requested_by=shared.requested_by,
        policy=shared.policy,
        has_control_totals=has_control_totals,
        lists=(CONTROL_TOTALS.name, REFUSED.name),
        is_partial=bool(planning.request.only_accounts),
        usage_sources=planning.entity.usage_sources,
    )
    planning.artefacts.write(RUN_PLAN, shared.run, plan)
    return plan
