"""Planning a billing run: which accounts, under which terms, in which batches; frozen before anything is counted.

accounts -> batches (a plan each) -> buckets (an aggregation plan each) -> the plan of the run and the maps' items

    few accounts      plan_billing_run                                          in one call
    many accounts     plan_billing_run -> plan_part, for each part of them -> join_parts

What is the same for all parts is frozen first. The last call lists what the usage log holds, once every account was
looked up.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice

from billproof.errors import NotFound
from billproof.masterdata.keys import MEMBER_SHARDS
from billproof.model import Model
from billproof.periods import Period, instant_text
from billproof.pipeline.aggregation_plans import (
    BucketsPlanning,
    ReadableWork,
    StoredWork,
    control_totals_seen,
    new_part_windows,
    stated_aggregates,
    write_aggregation_plans,
)
from billproof.pipeline.artefacts import CONTROL_TOTALS, PLAN_PART, REFUSED, RUN_PLAN, SHARED_TERMS, Artefacts
from billproof.pipeline.families import members_of
from billproof.pipeline.model import PROFILES, PlanPart, PlanRequest, RunPlan
from billproof.pipeline.month_facts import refuse_signed_off
from billproof.pipeline.months import Months
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes, plan_accounts
from billproof.pipeline.refusals import plan_refusals
from billproof.pricing.terms import BatchPlan


class PlanOutcome(StrEnum):
    """Whether the workflow has anything to bill, or is to plan the parts first."""

    PLANNED = "planned"
    NOTHING_TO_BILL = "nothing_to_bill"
    DIVIDED = "divided"


class Planned(PlanRequest):
    """What the workflow needs to go on: how much there is, and where its maps read their items."""

    outcome: PlanOutcome
    accounts: int
    parts_key: str = ""
    buckets_key: str = ""
    batches_key: str = ""
    max_concurrency: int


class PartPlanned(Model):
    """What a part of a divided planning says: the rest is stored."""

    run_id: str
    part: int
    accounts: int


def plan_billing_run(
    request: PlanRequest, *, ports: PlanPorts, sizes: RunSizes, now: datetime, counts_everyone: bool = True
) -> Planned:
    """Freeze the terms of every account of the legal entity and cut the work into buckets and batches.

    Accounts go into batches in the order of the buckets of the usage log and of their names there, so few buckets are
    read for a batch. What the usage log holds now is of this run; what is written later is not. Accounts that the
    request names limit the run to them and their families. Where sources stated control totals, a run counts all
    buckets; a preview does not (`counts_everyone`). Raises NotFound (for an account of another legal entity, too) and
    InvalidPeriod, for a month that is signed off, too. Of many accounts only what all share is frozen, and the parts
    are named.
    """
    refuse_signed_off(ports.runs, request.legal_entity, request.period)
    shared = _shared_plan(request, ports)
    request = request.model_copy(update={"planned_at": instant_text(now), "parts": 0, "part": None})
    everyone = ports.directory.members(request.legal_entity)
    if sizes.part_size is not None and not request.only_accounts:
        first = list(islice(everyone, sizes.part_size + 1))
        if len(first) > sizes.part_size:
            number = len(first) + sum(1 for _ in everyone)
            return _divided(request, shared, number, ports=ports, sizes=sizes, part_size=sizes.part_size)
        everyone = chain(first, everyone)
    members = members_of(ports.directory, request.legal_entity, everyone, request.only_accounts)
    planned = plan_accounts(members, request, shared, ports=ports, sizes=sizes, now=request.planned_at)
    joining = _Joining(request, shared, ports, sizes, now, counts_everyone=counts_everyone)
    return joining.finish(planned.work, planned.batches, planned.number, names=planned.names)


def plan_part(request: PlanRequest, number: int, *, ports: PlanPorts, sizes: RunSizes) -> PartPlanned:
    """Plan one part of the accounts and store its batches, and the windows of each bucket."""
    artefacts = Artefacts(ports.objects)
    shared = artefacts.read(SHARED_TERMS, request.run_id)
    members = ports.directory.members_of_part(request.legal_entity, number, request.parts)
    planned = plan_accounts(members, request, shared, ports=ports, sizes=sizes, now=request.planned_at)
    part = PlanPart(
        run=request.run_id,
        part=number,
        planned_at=request.planned_at,
        accounts=planned.number,
        batches=tuple(planned.batches),
        windows={bucket: work.number for bucket, work in planned.work.items()},
    )
    artefacts.write_all([*new_part_windows(artefacts, request.run_id, number, planned.work)])
    artefacts.write(PLAN_PART, request.run_id, part, part=_part_name(number))
    return PartPlanned(run_id=request.run_id, part=number, accounts=planned.number)


def join_parts(request: PlanRequest, *, ports: PlanPorts, sizes: RunSizes) -> Planned:
    """Put the parts of a planning together; raises NotFound where one is missing, or the run was never divided.

    Of an account nothing is held but its windows, while the plan of their bucket is written.
    """
    artefacts = Artefacts(ports.objects)
    shared = artefacts.read(SHARED_TERMS, request.run_id)
    work: dict[int, StoredWork] = {}
    batches: list[str] = []
    number = 0
    for part in range(request.parts):
        planned = artefacts.read(PLAN_PART, request.run_id, _part_name(part))
        if planned.planned_at != request.planned_at:  # a map's own verdict is not trusted
            message = f"part {part} of {request.run_id} was not planned again"
            raise NotFound(message)
        number += planned.accounts
        batches += planned.batches
        for bucket, windows in planned.windows.items():
            mine = work.setdefault(bucket, StoredWork(artefacts, request.run_id, bucket))
            mine.parts.append(part)
            mine.number += windows
    now = datetime.fromisoformat(request.planned_at)
    joining = _Joining(request, shared, ports, sizes, now, counts_everyone=True)
    return joining.finish(work, sorted(batches), number, names=())


def _part_name(part: int) -> str:
    return f"{part:06d}"


def _divided(
    request: PlanRequest, shared: BatchPlan, accounts: int, *, ports: PlanPorts, sizes: RunSizes, part_size: int
) -> Planned:
    """Freeze what all parts share, and name the parts: as many of each shard of the directory."""
    artefacts, run = Artefacts(ports.objects), request.run_id
    artefacts.write(SHARED_TERMS, run, shared)
    parts = MEMBER_SHARDS * -(-accounts // (MEMBER_SHARDS * part_size))
    divided = request.model_copy(update={"parts": parts})
    items = [divided.model_copy(update={"part": part}).model_dump(mode="json") for part in range(parts)]
    return Planned(
        **divided.model_dump(),
        outcome=PlanOutcome.DIVIDED,
        accounts=accounts,
        parts_key=artefacts.write_map_items(run, "parts", items),
        max_concurrency=sizes.max_concurrency,
    )


def _shared_plan(request: PlanRequest, ports: PlanPorts) -> BatchPlan:
    """Return what the plans of all batches share."""
    period = Period.month(request.period)
    return BatchPlan(
        run=request.run_id,
        batch="",
        legal_entity=ports.directory.legal_entity(request.legal_entity),
        period=period,
        issue_date=period.end,
        buckets=(),
        meters=tuple(ports.directory.meters()),
        policy=ports.directory.policy(request.legal_entity),
        requested_by=request.requested_by,
        accounts=(),
    )


class _Joining:
    """The end of planning: what the log holds is listed, and the plan of the run is written."""

    def __init__(
        self,
        request: PlanRequest,
        shared: BatchPlan,
        ports: PlanPorts,
        sizes: RunSizes,
        now: datetime,
        *,
        counts_everyone: bool,
    ) -> None:
        self._request = request
        self._shared = shared
        self._ports = ports
        self._sizes = sizes
        self._now = now
        self._counts_everyone = counts_everyone
        self._artefacts = Artefacts(ports.objects)

    def finish(
        self, work: Mapping[int, ReadableWork], batches: Sequence[str], accounts: int, *, names: Sequence[str]
    ) -> Planned:
        """List the segments of each bucket and what was refused, and write the plan of the run."""
        request, artefacts, run = self._request, self._artefacts, self._request.run_id
        buckets, has_control_totals = self._write_aggregations(work)
        refused = plan_refusals(
            request,
            names,
            directory=self._ports.directory,
            objects=self._ports.objects,
            runs=self._ports.runs,
            now=self._now,
        )
        artefacts.write(REFUSED, run, refused)
        plan = self._run_plan(accounts, buckets, batches, has_control_totals=has_control_totals)
        artefacts.write(RUN_PLAN, run, plan)
        return Planned(
            **request.model_dump(),
            outcome=PlanOutcome.PLANNED if batches else PlanOutcome.NOTHING_TO_BILL,
            accounts=accounts,
            buckets_key=artefacts.write_map_items(run, "buckets", [{"run_id": run, "bucket": b} for b in buckets]),
            batches_key=artefacts.write_map_items(run, "batches", [{"run_id": run, "batch_id": b} for b in batches]),
            max_concurrency=self._sizes.max_concurrency,
        )

    def _write_aggregations(self, work: Mapping[int, ReadableWork]) -> tuple[list[int], bool]:
        """Write the plan of each bucket; return the buckets, and whether sources stated control totals.

        The segments are listed here, after everything that was released was looked up: what an invoice billed meanwhile
        is in no list of this run only if its billing slot is taken, too. What sources stated is listed before them.

        What a source says it sent is of all accounts: then the buckets of others are counted, too.
        """
        objects, shared = self._ports.objects, self._shared
        time_zone = shared.legal_entity.time_zone
        control_totals = control_totals_seen(objects, shared.period, time_zone)
        self._artefacts.write(CONTROL_TOTALS, shared.run, control_totals)
        counts_all = self._counts_everyone and control_totals.objects and work
        buckets = list(self._sizes.buckets.current) if counts_all else sorted(work)
        month_before = Period.month_ending(shared.period.start).name
        planning = BucketsPlanning(
            run=shared.run,
            period=shared.period,
            time_zone=time_zone,
            planned_at=instant_text(self._now),
            meters=shared.meters,
            stated=stated_aggregates(control_totals, shared.meters),
            run_before=Months(self._ports.runs, shared.legal_entity.id).last_closed_run(month_before),
            objects=objects,
            buckets=self._sizes.buckets,
            crosswalks=self._ports.directory.crosswalks(known_before=instant_text(self._now)),
        )
        write_aggregation_plans(planning, buckets, work)
        return buckets, bool(control_totals.objects)

    def _run_plan(
        self, accounts: int, buckets: Sequence[int], batches: Sequence[str], *, has_control_totals: bool
    ) -> RunPlan:
        shared = self._shared
        entity, period = shared.legal_entity, shared.period
        start, end = (instant_text(instant) for instant in period.instants(entity.time_zone))
        return RunPlan(
            run=shared.run,
            legal_entity=entity.id,
            period=period,
            accounts=accounts,
            buckets=tuple(buckets),
            batches=tuple(batches),
            start=start,
            end=end,
            received_before=instant_text(self._now),
            requested_by=shared.requested_by,
            policy=shared.policy,
            has_control_totals=has_control_totals,
            lists=(CONTROL_TOTALS.name, REFUSED.name, PROFILES),
            is_partial=bool(self._request.only_accounts),
            usage_sources=entity.usage_sources,
        )
