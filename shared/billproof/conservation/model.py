"""Equations that must balance to the unit, for an account and for a run."""

from decimal import Decimal

from billproof.model import Exact, Model
from billproof.usage.refusal_model import QuarantinedAt


class Equation(Model):
    """What there is, and where it went. `currency` is null where events or terms are counted."""

    code: str
    currency: str | None
    total: Exact
    parts: dict[str, Exact]

    @property
    def difference(self) -> Decimal:
        """What is in no place: zero, or something leaked."""
        return self.total - sum(self.parts.values(), Decimal(0))

    @property
    def balances(self) -> bool:
        """Whether nothing leaked."""
        return self.difference == 0

    def __add__(self, other: "Equation") -> "Equation":
        parts = dict(self.parts)
        for name, value in other.parts.items():
            parts[name] = parts.get(name, Decimal(0)) + value
        return self.model_copy(update={"total": self.total + other.total, "parts": parts})


class AccountStatement(Model):
    """One account's conservation statement."""

    account: str
    invoice: str
    number: str | None
    equations: tuple[Equation, ...]


class ConservationStatement(Model):
    """A run's conservation statement: the sum of its accounts', and what no account could be read of."""

    run: str
    legal_entity: str
    period: str
    equations: tuple[Equation, ...]
    accounts: tuple[AccountStatement, ...]
    quarantined_unattributed: int
    quarantine: tuple[QuarantinedAt, ...] = ()

    @property
    def balances(self) -> bool:
        """Whether every equation of the run and of every account balances."""
        own = all(equation.balances for equation in self.equations)
        return own and all(equation.balances for account in self.accounts for equation in account.equations)
