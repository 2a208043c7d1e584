"""The policy: who may decide what, and the thresholds of the controls. It is versioned and never changed."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.model import Model
from billproof.money import Money
from billproof.names import Currency, Name, Nonnegative, Version
from billproof.nets import TroubleLimit

Percent = Annotated[Nonnegative, Field(le=100_000)]


class Role(Model):
    """What the people of a role may approve: amounts up to a limit in each currency, or any amount.

    An amount in a currency without a limit, and an unknown amount, need a role without limits.
    """

    id: Name
    limits: dict[Currency, Nonnegative] = Field(default_factory=dict)
    unlimited: bool = False

    def may_approve(self, amount: Money | None) -> bool:
        """Say whether an amount is within the role's limits."""
        if self.unlimited:
            return True
        limit = self.limits.get(amount.currency) if amount is not None else None
        return limit is not None and amount is not None and abs(amount.amount) <= limit


class Person(Model):
    """Somebody who decides."""

    id: Name
    name: str
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
    role: Name


class Thresholds(Model):
    """Where the controls draw the line. Percentages are of what the control's page says.

    `exchange_rate_days` is how old the rate may be that converts an invoice into the books. `trouble` is the share of a
    step's accounts that may raise an internal error before the step fails on purpose.
    """

    completeness_percent: Percent = Decimal("0.1")
    usage_drop_percent: Percent = Decimal(90)
    usage_spike_percent: Percent = Decimal(400)
    credit_percent: Percent = Decimal(25)
    exchange_rate_days: Annotated[int, Field(strict=True, ge=0, le=31)] = 7
    invoice_limit: dict[Currency, Nonnegative] = Field(default_factory=dict)
    trouble: TroubleLimit = Field(default_factory=TroubleLimit)


class Policy(Model):
    """The policy of a legal entity, under the same id."""

    kind: Literal["policy"] = "policy"
    id: Name
    version: Version
    roles: tuple[Role, ...] = ()
    people: tuple[Person, ...] = ()
    thresholds: Thresholds = Field(default_factory=Thresholds)
    escalate_after: Annotated[int, Field(strict=True, ge=1, le=100)] = 2

    @model_validator(mode="after")
    def _roles_are_known(self) -> Self:
        for names in ([role.id for role in self.roles], [person.id for person in self.people]):
            if len(set(names)) != len(names):
                message = f"policy {self.id}: two of these names are the same: {names}"
                raise ValueError(message)
        unknown = {person.role for person in self.people} - {role.id for role in self.roles}
        if unknown:
            message = f"policy {self.id}: people have roles that do not exist: {sorted(unknown)}"
            raise ValueError(message)
        return self

    def person(self, name: str) -> Person | None:
        """Return a person by id, or None."""
        return next((person for person in self.people if person.id == name), None)

    def role_of(self, person: Person) -> Role:
        """Return a person's role."""
        return next(role for role in self.roles if role.id == person.role)

    def deciders(self, amount: Money | None, *, other_than: str) -> list[Person]:
        """Return who may approve an amount that somebody else asked for."""
        return [
            person for person in self.people if person.id != other_than and self.role_of(person).may_approve(amount)
        ]

    def without_limits(self, *, other_than: str) -> list[Person]:
        """Return who may approve anything that somebody else asked for."""
        return [person for person in self.people if person.id != other_than and self.role_of(person).unlimited]
