"""Findings: what a check found, the team responsible, and whether it blocks."""

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


def is_blocked(findings: tuple[Finding, ...]) -> bool:
    """Say whether any of the findings holds the invoice."""
    return any(finding.severity is Severity.BLOCKING for finding in findings)
