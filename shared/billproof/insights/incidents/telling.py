"""Incidents in words: what is shared, by how many, and what speaks for its being the cause. No model is asked."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from billproof.approvals.incident_id import SharedKind
from billproof.approvals.model import ExceptionState
from billproof.completeness.changed_shapes import REMEDIES
from billproof.completeness.shapes import Shape
from billproof.findings import Severity
from billproof.insights.incidents.facts import REFUSED
from billproof.insights.incidents.grouping import Clean, Fact, SharedGroup

_WHAT = {
    SharedKind.SOURCE: "events of source {thing} are not as in the month before ({what})",
    SharedKind.CONTRACT: "a contract version that {thing} signed governs from {what} on",
    SharedKind.CONFIGURATION: "{thing} took effect, and {what} held nothing in the month before",
    SharedKind.INTEGRATION: "they are about {thing} ({what})",
    SharedKind.METER: "a finding is about meter {thing} ({what})",
    SharedKind.RULE: "{thing} holds them ({what})",
}


def told(group: SharedGroup, clean: Clean, exceptions: int, first_bad: str | None) -> str:
    """Say what a group shares, how many exceptions that explains, and how many clean accounts share it."""
    said = f"{len(group.exceptions)} of {exceptions} exceptions share it: {shared_text(group.fact)}"
    if first_bad:
        said += f", first at {first_bad}"
    if not clean.accounts:
        return f"{said}. No account without an exception was looked at."
    return (
        f"{said}. Of {clean.accounts} accounts without an exception {group.clean} share it: an account that does has "
        f"one {lift_text(group.lift)} times as often as any."
    )


def shared_text(fact: Fact) -> str:
    """Say what a fact is."""
    if fact.what.startswith(REFUSED):
        return f"events of source {fact.thing} were refused ({fact.what.removeprefix(REFUSED)})"
    return _WHAT[fact.kind].format(thing=fact.thing, what=fact.what)


def lift_text(lift: Fraction) -> str:
    """Write a lift with two decimals, rounded half up."""
    hundredths = (lift * 200 + 1).__floor__() // 2
    return f"{Decimal(hundredths).scaleb(-2):.2f}"


def remedy_of(fact: Fact, states: Sequence[ExceptionState]) -> str:
    """Return what to do: the remedy of the findings that name the fact, else the one that most exceptions name."""
    findings = [finding for state in states for finding in state.opened.findings]
    named = [finding.remedy for finding in findings if finding.code in {fact.what, fact.thing}]
    if not named and fact.what in set(Shape):
        return REMEDIES[Shape(fact.what)]
    holding = [finding.remedy for finding in findings if finding.severity is Severity.BLOCKING]
    remedies = Counter(named or holding or [finding.remedy for finding in findings])
    return min(remedies, key=lambda remedy: (-remedies[remedy], remedy), default="")
