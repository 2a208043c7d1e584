"""The facts of an exception that others may share: what its own record says, and what its run kept of its account."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from billproof.approvals.incident_id import SharedKind
from billproof.approvals.model import ExceptionRecord, Kind
from billproof.completeness.shapes import RULES, Shape
from billproof.contracts.model import Contract
from billproof.findings import MORE, Finding, Severity, VarianceCategory
from billproof.insights.incidents.grouping import Fact
from billproof.names import is_one_line
from billproof.periods import Period
from billproof.usage.profiles import Profile

MOST_FACTS = 20
"""Facts of one exception: of more, those of the closest kinds."""
MOST_OF_A_NAME = 250
"""Signs of what a fact is about and of what happened to it together."""
REFUSED = "refused_"
BANK, GATEWAY, DELIVERY = "bank", "gateway", "delivery"
FIRST_VERSION = 1

_OF_ERP = {
    *(VarianceCategory.NOT_POSTED, VarianceCategory.POSTED_TWICE, VarianceCategory.AMOUNT, VarianceCategory.TAX),
    *(VarianceCategory.CURRENCY, VarianceCategory.TIMING, VarianceCategory.MISSING_IN_ERP),
}
_OF_OTHERS = MappingProxyType(
    {
        VarianceCategory.FEE: GATEWAY,
        VarianceCategory.UNAPPLIED: BANK,
        VarianceCategory.UNKNOWN_PAYER: BANK,
        VarianceCategory.NOT_DELIVERED: DELIVERY,
    }
)
_WHOLE_PATH = {"source_silent", "control_totals_missing"}
_OF_SOURCES = _WHOLE_PATH | {"control_total_gap", *(shape.value for shape in Shape)}
"""What the check of completeness finds of a source: its path names the source alone, or before what it sent."""


def facts_of_record(opened: ExceptionRecord, *, erp: str) -> set[Fact]:
    """Return what an exception says by itself; `erp` is where its legal entity posts.

    Of its rules those count that hold it; where none does, such as of a credit note, all do.
    """
    holding = [finding for finding in opened.findings if finding.severity is Severity.BLOCKING]
    facts = {fact for finding in opened.findings for fact in facts_of_finding(finding)}
    facts |= {rule(finding.code, opened.kind) for finding in holding or opened.findings if finding.code != MORE}
    return facts | {fact for finding in opened.findings for fact in _integrations(finding, opened.kind, erp)}


def facts_of_finding(finding: Finding) -> Iterator[Fact]:
    """Yield the source and the meter that a finding names."""
    if finding.code in _OF_SOURCES:
        source = finding.path if finding.code in _WHOLE_PATH else finding.path.rpartition("/")[0]
        yield from [Fact(SharedKind.SOURCE, source, finding.code)] if source else []
    elif finding.path.startswith("usage/"):
        meter = finding.path.rpartition("/")[2]
        yield from [Fact(SharedKind.METER, meter, finding.code)] if meter else []


def rule(code: str, kind: Kind) -> Fact:
    """Return that a control holds something of a kind."""
    return Fact(SharedKind.RULE, code, kind.value)


def _integrations(finding: Finding, kind: Kind, erp: str) -> Iterator[Fact]:
    if kind is Kind.CONTRACT:
        system = finding.path.partition(":")[0]
        yield from [Fact(SharedKind.INTEGRATION, system, finding.code)] if system else []
    elif kind is Kind.VARIANCE:
        category = VarianceCategory(finding.code.removeprefix("variance_"))
        counterpart = erp if category in _OF_ERP else _OF_OTHERS.get(category)
        yield from [Fact(SharedKind.INTEGRATION, counterpart, finding.code)] if counterpart else []


def facts_of_profile(now: Profile, before: Profile) -> Iterator[Fact]:
    """Yield in which ways what an account sends of a source is not as it was in the month before."""
    for shape, seen_by in RULES.items():
        observed = seen_by(now, before)
        if observed is not None and observed.is_odd:
            yield Fact(SharedKind.SOURCE, now.source, shape.value)


def facts_of_contracts(contracts: Iterable[Contract], period: Period) -> Iterator[Fact]:
    """Yield who signed versions that begin to govern within a period; the first of a contract changes nothing."""
    for contract in contracts:
        day = contract.effective.start
        if contract.version > FIRST_VERSION and period.start <= day < period.end:
            yield Fact(SharedKind.CONTRACT, contract.signed_by or "-", day.isoformat())


def refused(source: str, reason: str) -> Fact:
    """Return that events of a source were refused for a reason."""
    return Fact(SharedKind.SOURCE, source, f"{REFUSED}{reason}")


def bounded_facts(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return the facts of the closest kinds, in their order; none that a decision could not name."""
    order = list(SharedKind)
    named = {fact for fact in facts if _can_be_named(fact)}
    return tuple(sorted(named, key=lambda fact: (order.index(fact.kind), fact))[:MOST_FACTS])


def _can_be_named(fact: Fact) -> bool:
    """Say whether the id of its incident is one line, and short enough for a request: sources call themselves anything.

    Each sign of a name may take three in an id.
    """
    text = fact.thing + fact.what
    return bool(fact.thing and fact.what) and len(text) <= MOST_OF_A_NAME and is_one_line(text)
