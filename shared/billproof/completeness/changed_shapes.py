"""What a run finds in the profiles of its accounts, beside those of the month before, bucket by bucket."""

from collections.abc import Callable, Container, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from billproof.completeness.estimating import MissingWorth
from billproof.completeness.gathering import OF_VALUES, Change, Gathering
from billproof.completeness.shapes import Shape
from billproof.errors import NotFound, ObjectUnreadable
from billproof.findings import Finding, Owner, Severity
from billproof.pipeline.artefacts import AGGREGATION_PLAN, PROFILE, Artefacts
from billproof.pipeline.model import RunPlan
from billproof.usage.keys import bucket_name
from billproof.usage.profiles import Profile

REMEDIES = {
    Shape.IRREGULAR: "have the source send what is missing, or retract what is too many, and reject to plan the run "
    "again; approve where the number of events changed on purpose",
    Shape.REPEATED: "have the source retract what it sent twice and reject to plan the run again; approve where both "
    "events are real",
    Shape.CUT: "find out whether a field or a counter holds no more, and have the source correct the events; approve "
    "where the limit is meant",
    Shape.RESIZED: "find out whether the source changed its unit, have it correct the events, and reject to plan the "
    "run again",
    Shape.ROUNDED: "find out whether the source began to round, have it correct the events, and reject to plan the run "
    "again; approve where the contract lets it round",
}


def changed_shapes(
    plan: RunPlan, earlier: RunPlan | None, artefacts: Artefacts, unreadable: Callable[[str], object]
) -> list[Change]:
    """Compare the profiles of a run with those of the run of the month before, each bucket for itself.

    A run of before has none; nor is one compared whose accounts lie in other buckets. `unreadable` is told of those
    that are gone.
    """
    gathering = Gathering()
    is_comparable = earlier is not None and earlier.has_profiles and earlier.buckets == plan.buckets
    for bucket in plan.buckets if plan.has_profiles else ():
        now = _profiles(plan, bucket, artefacts, unreadable)
        before = _profiles(earlier, bucket, artefacts, unreadable) if earlier is not None and is_comparable else None
        gathering.add(now, before)
    return list(gathering.changes())


def _profiles(
    plan: RunPlan, bucket: int, artefacts: Artefacts, unreadable: Callable[[str], object]
) -> Iterable[Profile]:
    """Return the profiles of a bucket; none where they are gone."""
    name = bucket_name(bucket)
    try:
        return artefacts.read(PROFILE, plan.run, name).profiles
    except (NotFound, ObjectUnreadable):
        unreadable(PROFILE.key(plan.run, name))
        return ()


def shape_findings(
    plan: RunPlan, changes: Iterable[Change], artefacts: Artefacts, held: Container[str]
) -> Iterator[Finding]:
    """Say what changed: of several accounts of a source it holds the run, above the policy's threshold.

    Of a source that holds it already, by what it states or does not send (it is `held`), it is a warning. What
    one account shows is priced by its own batch: no run of a million accounts is read for it.
    """
    whole: MissingWorth | None = None
    for change in changes:
        source, event_type, _ = change.place
        if change.account:
            estimate = MissingWorth(plan, artefacts, _batches_of(change.account, plan, artefacts))
        else:
            estimate = whole = whole or MissingWorth(plan, artefacts)
        share = change.own_share if change.account else change.share
        amount = f", about {abs(share) * 100:.2f} % of its usage" if share else ""
        yield Finding(
            code=change.shape.value,
            severity=Severity.WARNING if source in held else _severity(plan, change),
            account=change.account,
            path=f"{source}/{event_type}",
            message=f"{change.says}{amount}",
            remedy=REMEDIES[change.shape],
            owner=Owner.ENGINEERING,
            amount_at_risk=estimate.worth(_shares(change, share, estimate), change.account) if share else None,
        )


def largest(findings: Iterable[Finding]) -> list[Finding]:
    """Return of each source and type what puts most at risk: the same events may show in several ways."""
    most: dict[str, Finding] = {}
    for finding in findings:
        known = most.setdefault(finding.path, finding)
        if finding.severity is Severity.BLOCKING and (known.severity is Severity.WARNING or _is_more(finding, known)):
            most[finding.path] = finding
    return list(most.values())


def _is_more(finding: Finding, known: Finding) -> bool:
    """Say whether more is at risk; what nobody can price is the most."""
    if finding.amount_at_risk is None or known.amount_at_risk is None:
        return finding.amount_at_risk is None
    return finding.amount_at_risk.amount > known.amount_at_risk.amount


def _shares(change: Change, share: Decimal, estimate: MissingWorth) -> dict[str, Fraction]:
    """Return the share of each meter that reads what changed."""
    return {
        name: Fraction(abs(share))
        for name, meter in estimate.meters_of([change.place.event_type]).items()
        if change.shape not in OF_VALUES or meter.value_property == change.place.value_property
    }


def _batches_of(account: str, plan: RunPlan, artefacts: Artefacts) -> list[str]:
    """Return the batches that hold an account; each bucket's plan is read until one has a window of it."""
    for bucket in plan.buckets:
        windows = artefacts.read(AGGREGATION_PLAN, plan.run, bucket_name(bucket)).windows
        batches = {window.batch for window in windows if window.account == account}
        if batches:
            return sorted(batches)
    return []


def _severity(plan: RunPlan, change: Change) -> Severity:
    is_over = abs(change.share) * 100 > plan.policy.thresholds.completeness_percent
    holds = change.has_before and not change.account and is_over and plan.relies_on(change.place.source)
    return Severity.BLOCKING if holds else Severity.WARNING
