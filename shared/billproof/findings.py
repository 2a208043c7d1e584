"""Findings: what a check found, the team responsible, and whether it blocks."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from billproof.model import Model
from billproof.money import Money


class Severity(StrEnum):
    """A blocking finding holds the invoice; a warning is reported and stops nothing."""

    BLOCKING = "blocking"
    WARNING = "warning"


class Owner(StrEnum):
    """The team responsible."""

    BILLING = "billing"
    TAX = "tax"
    ENGINEERING = "engineering"


class VarianceCategory(StrEnum):
    """What a variance of the reconciliation comes from: each has one of these, and there is no other."""

    NOT_POSTED = "not_posted"
    POSTED_TWICE = "posted_twice"
    AMOUNT = "amount"
    TAX = "tax"
    CURRENCY = "currency"
    TIMING = "timing"
    UNAPPLIED = "unapplied"
    SHORT_PAID = "short_paid"
    OVER_PAID = "over_paid"
    UNKNOWN_PAYER = "unknown_payer"
    MISSING_IN_BILLING = "missing_in_billing"
    MISSING_IN_ERP = "missing_in_erp"
    FEE = "fee"
    ROUNDING = "rounding"
    NOT_DELIVERED = "not_delivered"


class Finding(Model):
    """A control's result. Codes are stable; amount_at_risk is null while it is unknown."""

    code: str
    severity: Severity
    account: str
    path: str
    message: str
    remedy: str
    owner: Owner
    amount_at_risk: Money | None = None

    @property
    def substance(self) -> tuple[str, str, str, str, str]:
        """What was found and where, without the texts for people: those may be reworded, and say the same."""
        amount = "" if self.amount_at_risk is None else str(self.amount_at_risk)
        return self.code, self.severity.value, self.account, self.path, amount


MOST_IN_FACT = 50
"""Findings that a fact or an exception holds; of more it has the first, and one that counts the others by code."""
MOST_TEXT = 1_000
"""Bytes of a finding's message or path that a fact holds: a record takes 400 KB, and one letter may be four bytes."""
MORE = "more_findings"


def bounded(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings as a fact holds them, within what a record takes: blocking ones first, and the rest counted.

    All of them are in the run's artefacts in S3.
    """
    first = sorted(findings, key=lambda finding: finding.severity is not Severity.BLOCKING)[:MOST_IN_FACT]
    if len(findings) <= MOST_IN_FACT:
        return tuple(map(_cut, findings))
    counts = Counter(finding.code for finding in findings)
    more = Finding(
        code=MORE,
        severity=Severity.WARNING,
        account=findings[0].account,
        path="findings",
        message=f"{len(findings)} findings in all: {', '.join(f'{n} {code}' for code, n in sorted(counts.items()))}",
        remedy="read all of them in the drafts of the run's batch",
        owner=Owner.BILLING,
    )
    return (*map(_cut, first), more)


def _cut(finding: Finding) -> Finding:
    return finding.model_copy(update={"message": _first_bytes(finding.message), "path": _first_bytes(finding.path)})


def _first_bytes(text: str) -> str:
    return text.encode(errors="replace")[:MOST_TEXT].decode(errors="ignore")


def total_at_risk(findings: Sequence[Finding]) -> Money | None:
    """Add up what findings put at risk; None where that of any is unknown, or the sum is more than an amount can be."""
    known = [finding.amount_at_risk for finding in findings if finding.amount_at_risk is not None]
    if not known or len(known) < len(findings):
        return None
    try:
        return sum(known[1:], known[0])
    except ValueError:
        return None


def is_blocked(findings: tuple[Finding, ...]) -> bool:
    """Say whether any of the findings holds the invoice."""
    return any(finding.severity is Severity.BLOCKING for finding in findings)
