"""The completeness step of a run, before anything is priced: whether what sources sent is in the log.

A gap over the threshold, or a source that fell silent, holds the run for a person: release anyway with a reason, or
plan it again when the rest has arrived. What is missing is estimated at contract prices: as if every account had used
its share more of what is missing, at its own tier position.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.raising import open_run_exception
from billproof.approvals.superseding import supersede_earlier_runs
from billproof.completeness.changed_shapes import changed_shapes, largest, shape_findings
from billproof.completeness.control_totals import control_totals_of, hours_of, tallies_of
from billproof.completeness.estimating import MissingWorth
from billproof.completeness.model import Completeness, CompletenessOutcome, CompletenessResult, Stated, StatedDays
from billproof.completeness.other_sources import counted_together, hidden_of, may_be_hidden
from billproof.completeness.rules import LEAST_SILENCE, Silence, compare, is_over, silences
from billproof.completeness.stating import Unstated, days_of, unstated
from billproof.errors import NotFound, ObjectUnreadable
from billproof.findings import Finding, Owner, Severity, is_blocked, total_at_risk
from billproof.model import decimal_text
from billproof.money import exactly
from billproof.pipeline.artefacts import (
    AGGREGATION_PLAN,
    CHECK_WARNINGS,
    REFUSED,
    RUN,
    RUN_PLAN,
    SHARED_IDS,
    TALLY,
    Artefact,
    Artefacts,
)
from billproof.pipeline.model import CheckWarnings, RunPlan
from billproof.pipeline.quarantine import resent_of, unreadable_finding
from billproof.pipeline.starting import closed_runs_before
from billproof.ports import Objects, Records
from billproof.usage.keys import bucket_name
from billproof.usage.shared_ids import shared_ids
from billproof.usage.tallies import OTHER_SOURCES, DayTally, SharedIds

COMPLETENESS = Artefact(RUN, Completeness, "completeness")


def check_completeness(
    *, run_id: str, objects: Objects, records: Records, exception_store: ExceptionStore, now: datetime
) -> CompletenessResult:
    """Compare a run's usage with control totals and history, keep the result, and open an exception where it is held.

    What an earlier run of the month waited for, which was aborted, is not waited for any more: this run is looked at.
    Raises NotFound where the run has no plan or a bucket was not aggregated.
    """
    artefacts = Artefacts(objects)
    plan = artefacts.read(RUN_PLAN, run_id)
    if not plan.is_partial:
        supersede_earlier_runs(run_id, exception_store, now)
    unreadable: list[str] = []
    artefacts.write(SHARED_IDS, run_id, _shared_ids(plan, artefacts, objects, unreadable))
    report = _report(plan, artefacts, objects, records, unreadable)
    warnings = tuple(finding for finding in report.findings if finding.severity is Severity.WARNING)
    artefacts.write(CHECK_WARNINGS, run_id, CheckWarnings(run=run_id, findings=warnings))
    artefacts.write(COMPLETENESS, run_id, report)
    if report.outcome is CompletenessOutcome.COMPLETE:
        return CompletenessResult(run_id=run_id, outcome=report.outcome, findings=0)
    opened = open_run_exception(
        run_id=run_id,
        legal_entity=plan.legal_entity,
        period=plan.period.name,
        requested_by=plan.requested_by,
        amount=report.amount_at_risk,
        findings=report.findings,
        exception_store=exception_store,
        now=now,
    )
    return CompletenessResult(
        run_id=run_id,
        outcome=report.outcome,
        findings=len(report.findings),
        exception=opened.id,
    )


def _shared_ids(plan: RunPlan, artefacts: Artefacts, objects: Objects, unreadable: list[str]) -> SharedIds:
    """Look for ids that several accounts have: it holds nothing, and the statement reports it."""
    days = (day for bucket in plan.buckets for day in artefacts.read(TALLY, plan.run, bucket_name(bucket)).days)
    return shared_ids(
        plan.buckets,
        lambda bucket: artefacts.read(AGGREGATION_PLAN, plan.run, bucket_name(bucket)),
        objects,
        events=sum(day.events for day in days),
        unreadable=unreadable.append,
    )


def _report(
    plan: RunPlan, artefacts: Artefacts, objects: Objects, records: Records, unreadable: list[str]
) -> Completeness:
    """Compare what was counted with what was stated, and with the history of each source and account."""
    tallies = tallies_of(plan, artefacts)
    unreadable += [key for tally in tallies for key in tally.unreadable]
    totals = list(control_totals_of(plan, artefacts, objects, unreadable.append))
    compared, stating = compare(totals, hours_of(tallies), hidden_of(tallies)), days_of(totals)
    days = [day for tally in tallies for day in tally.days]
    before = _MonthBefore() if plan.is_partial else _month_before(plan, artefacts, records, unreadable.append)
    bounds = {"start": plan.period.start, "end": plan.period.end}
    silent = [] if plan.is_partial else silences([*before.days, *days], **bounds)
    stopped = [] if plan.is_partial else unstated(before.stated, stating, days, **bounds)
    changes = [] if plan.is_partial else changed_shapes(plan, before.plan, artefacts, unreadable.append)
    over = [stated for stated in compared if is_over(stated, plan.policy.thresholds.completeness_percent)]
    findings: tuple[Finding, ...] = ()
    held: set[str] = set()
    if over or silent:
        estimate = MissingWorth(plan, artefacts)
        held |= {stated.source for stated in over if estimate.knows(stated.meter)}
        held |= {silence.source for silence in silent if silence.days >= LEAST_SILENCE}
        findings = (
            *(_gap(plan, stated, estimate, _refused(stated, plan, artefacts, estimate)) for stated in over),
            *(
                _silence(plan, silence, estimate, is_hidden=may_be_hidden(silence.source, tallies))
                for silence in silent
            ),
        )
    of_shapes = tuple(shape_findings(plan, changes, artefacts, held))
    at_risk = [finding for finding in (*findings, *largest(of_shapes)) if finding.severity is Severity.BLOCKING]
    amount = total_at_risk(at_risk)
    findings += of_shapes
    findings += tuple(_unstated(plan, days_without) for days_without in stopped)
    findings += counted_together(tallies)
    findings += tuple(map(unreadable_finding, dict.fromkeys(unreadable)))
    return Completeness(
        run=plan.run,
        outcome=CompletenessOutcome.INCOMPLETE if is_blocked(findings) else CompletenessOutcome.COMPLETE,
        stated=tuple(compared),
        sources=tuple(sorted({day.source for day in days})),
        findings=findings,
        amount_at_risk=amount,
        stated_days=() if plan.is_partial else stating,
    )


@dataclass(frozen=True, slots=True)
class _MonthBefore:
    """The plan of the last closed run of the month before, what it counted by day, and which days sources stated."""

    days: Sequence[DayTally] = ()
    stated: Sequence[StatedDays] = ()
    plan: RunPlan | None = None


def _month_before(
    plan: RunPlan, artefacts: Artefacts, records: Records, unreadable: Callable[[str], object]
) -> _MonthBefore:
    """Return what is known of the last closed run of all accounts in the period before, if there is one.

    A run whose plan or tallies no longer read has no history: `unreadable` is told of it.
    """
    for run_id in closed_runs_before(records, plan.legal_entity, plan.period):
        try:
            earlier = artefacts.read(RUN_PLAN, run_id)
            if not earlier.is_partial:
                parts = (artefacts.read(TALLY, run_id, bucket_name(bucket)) for bucket in earlier.buckets)
                days = [day for tally in parts for day in tally.days]
                return _MonthBefore(days, artefacts.read(COMPLETENESS, run_id).stated_days, earlier)
        except ObjectUnreadable as error:
            unreadable(error.key)
        except NotFound:
            unreadable(f"runs/{run_id}/")
    return _MonthBefore()


def _refused(stated: Stated, plan: RunPlan, artefacts: Artefacts, estimate: MissingWorth) -> int:
    """Count what of a meter's events a source sent and validation refused, and was not accepted since."""
    if not artefacts.has_list(REFUSED, plan):
        return 0
    resent = resent_of(plan, artefacts)
    kinds = {estimate.event_type(stated.meter), None}
    events = artefacts.read(REFUSED, plan.run).events
    mine = (event for event in events if event.source == stated.source and event.type in kinds and not event.is_late)
    return sum(event.identity not in resent for event in mine)


@exactly
def _severity(plan: RunPlan, source: str) -> Severity:
    return Severity.BLOCKING if plan.relies_on(source) else Severity.WARNING


def _gap(plan: RunPlan, stated: Stated, estimate: MissingWorth, refused: int) -> Finding:
    missing = stated.stated_events - stated.counted_events
    shares: dict[str, Fraction] = {}
    if missing > 0 and stated.counted_events:
        shares[stated.meter] = Fraction(missing, stated.counted_events)
    if stated.stated_total is not None and stated.stated_total > stated.counted_total > 0:
        shares[stated.meter] = Fraction(stated.stated_total - stated.counted_total) / Fraction(stated.counted_total)
    direction = "are missing" if missing >= 0 else "are too many"
    text = f"{stated.source} stated {stated.stated_events} events of {stated.meter}, the log holds "
    text += f"{stated.counted_events}: {abs(missing)} {direction}"
    if stated.stated_total is not None:
        text += f"; sum {decimal_text(stated.stated_total)} stated, {decimal_text(stated.counted_total)} counted"
    if stated.worst_hour:
        text += f"; the worst hour is {stated.worst_hour}:00Z with {abs(stated.worst_missing)}"
    if refused:
        text += f"; {refused} events of the source lie in quarantine"
    if stated.may_be_hidden:
        text += f"; {stated.other_events} may have been counted as those of {OTHER_SOURCES}"
    is_known = estimate.knows(stated.meter)
    return Finding(
        code="control_total_gap",
        severity=_severity(plan, stated.source) if is_known and not stated.may_be_hidden else Severity.WARNING,
        account="",
        path=f"{stated.source}/{stated.meter}",
        message=text if is_known else f"there is no such meter: {text}",
        remedy="have the source send the hour again (the same ids are counted once), then reject to plan the run again",
        owner=Owner.ENGINEERING,
        amount_at_risk=estimate.worth(shares) if shares else None,
    )


def _silence(plan: RunPlan, silence: Silence, estimate: MissingWorth, *, is_hidden: bool) -> Finding:
    shares = {}
    if silence.active_days:
        share = Fraction(silence.days, silence.active_days)
        shares = dict.fromkeys(estimate.meters_of(silence.event_types), share)
    last = silence.end - timedelta(days=1)
    return Finding(
        code="source_silent",
        severity=(
            _severity(plan, silence.source) if silence.days >= LEAST_SILENCE and not is_hidden else Severity.WARNING
        ),
        account="",
        path=silence.source,
        message=(
            f"{silence.source} sent nothing from {silence.start} to {last}, {silence.days} days; "
            f"its longest pause otherwise is {silence.longest_before} days"
        ),
        remedy="find out whether the source stopped or its events do not arrive; reject to plan the run again",
        owner=Owner.ENGINEERING,
        amount_at_risk=estimate.worth(shares) if shares else None,
    )


def _unstated(plan: RunPlan, stopped: Unstated) -> Finding:
    last = stopped.end - timedelta(days=1)
    return Finding(
        code="control_totals_missing",
        severity=_severity(plan, stopped.source),
        account="",
        path=stopped.source,
        message=(
            f"{stopped.source} stated what it sent before, and nothing of {stopped.start} to {last}: on "
            f"{stopped.active_days} of these days it sent events, and nothing shows whether all of them came"
        ),
        remedy="have the source state the days; reject to plan the run again, or let it go on without",
        owner=Owner.ENGINEERING,
    )
