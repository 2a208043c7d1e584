"""The policy: who may decide what, and the thresholds of the controls. It is versioned and never changed."""

import functools
import operator
from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from billproof.access.scopes import Client
from billproof.callers import NO_PERSON, Identity, readable_name
from billproof.findings import Owner, VarianceCategory
from billproof.model import Exact, Flag, Model
from billproof.money import Money
from billproof.names import Currency, Language, Name, Nonnegative, Version, is_published
from billproof.nets import TroubleLimit

Percent = Annotated[Nonnegative, Field(le=100_000)]
UNDELIVERED_DAYS = 3
FORMAT = 2
"""The format of policies whose people have identities. One of format 1 is still read, and lets nobody act."""


class Role(Model):
    """What the people of a role may approve: amounts up to a limit in each currency, or any amount.

    An amount in a currency without a limit, and an unknown amount, need a role without limits.
    """

    id: Name
    limits: dict[Currency, Nonnegative] = Field(default_factory=dict)
    unlimited: Flag = False

    def may_approve(self, amount: Money | None) -> bool:
        """Say whether an amount is within the role's limits."""
        if self.unlimited:
            return True
        limit = self.limits.get(amount.currency) if amount is not None else None
        return limit is not None and amount is not None and abs(amount.amount) <= limit


class Person(Model):
    """Somebody who decides, and the identities by which that person calls."""

    id: Name
    name: str
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
    role: Name
    identities: tuple[Identity, ...] = ()

    @field_validator("name")
    @classmethod
    def _can_be_told_apart(cls, value: str, info: ValidationInfo) -> str:
        return readable_name(value) if is_published(info) else value


class LimitScope(StrEnum):
    """Over what a person's approvals are added up before they are compared with the limit."""

    DOCUMENT = "document"
    """All that is approved of an invoice: the invoice itself and its credit notes."""
    CUSTOMER = "customer"
    """All that is approved of a customer on one day, UTC."""
    DAY = "day"
    """All that is approved on one day, UTC."""


class Thresholds(Model):
    """Where the controls draw the line. Percentages are of what the control's page says.

    `exchange_rate_days` is how old the rate may be that converts an invoice into the books. `trouble` is the share of a
    step's accounts that may raise an internal error before the step fails on purpose. `certificate_years` is how long
    exemption certificates hold at most where nothing is known of their jurisdiction.
    """

    completeness_percent: Percent = Decimal("0.1")
    usage_drop_percent: Percent = Decimal(90)
    usage_spike_percent: Percent = Decimal(400)
    credit_percent: Percent = Decimal(25)
    exchange_rate_days: Annotated[int, Field(strict=True, ge=0, le=31)] = 7
    certificate_years: Annotated[int, Field(strict=True, ge=1, le=50)] = Field(default=5, exclude_if=(5).__eq__)
    invoice_limit: dict[Currency, Nonnegative] = Field(default_factory=dict)
    trouble: TroubleLimit = Field(default_factory=TroubleLimit)


class MatchingRules(Model):
    """When a receipt pays documents without a person, and what small differences are given up.

    A match applies from the confidence `apply_from` on. A difference up to `tolerance` is given up as rounding, one up
    to `charges` as charges of banks on the way, amounts by currency; none is given up without them. Money in another
    currency pays an invoice in full where it is worth what is open but for the part `exchange_share` of that: what
    differs is one of exchange rates.
    """

    apply_from: Annotated[Exact, Field(ge=0, le=1)] = Decimal("0.95")
    tolerance: dict[Currency, Nonnegative] = Field(default_factory=dict)
    charges: dict[Currency, Nonnegative] = Field(default_factory=dict)
    exchange_share: Annotated[Exact, Field(ge=0, le=Decimal("0.1"))] = Field(
        default=Decimal(0), exclude_if=operator.not_
    )

    @property
    def are_plain(self) -> bool:
        """Say whether they are what holds where a policy says nothing of matching."""
        return self == MatchingRules()


ReminderText = Annotated[str, StringConstraints(min_length=3, max_length=1_000)]


class ReminderLevel(Model):
    """From how many days after its due day on a document is reminded of at this level, and what the customer reads.

    `texts` are those of customers of other languages, such as `de`; who has none of its own reads `text`.
    """

    days_overdue: Annotated[int, Field(strict=True, ge=1, le=3_650)]
    text: ReminderText
    texts: dict[Language, ReminderText] = Field(default_factory=dict, exclude_if=operator.not_)

    def text_in(self, language: str) -> str:
        """Return what a customer of a language reads: its own text, or the one of all languages."""
        return self.texts.get(language, self.text)


class ReminderRules(Model):
    """When customers are reminded of what is overdue: by levels, in the order of their days.

    A customer is reminded at most once in `days_between` days.
    """

    levels: Annotated[tuple[ReminderLevel, ...], Field(min_length=1, max_length=9)]
    days_between: Annotated[int, Field(strict=True, ge=1, le=365)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [level.days_overdue for level in self.levels]
        if days != sorted(set(days)):
            message = "the levels of reminders begin one after the other: each after more days than the one before"
            raise ValueError(message)
        return self


class VarianceRules(Model):
    """Which variances of the reconciliation wait for a decision, and whose they are.

    One over the `threshold` of its currency becomes an exception; in a currency without one every variance does.
    `owners` names the team of a category, `owner` that of all others; without either it is the team that the cause
    names. An invoice that reached nobody is a variance from `undelivered_days` after its issue date on.
    """

    threshold: dict[Currency, Nonnegative] = Field(default_factory=dict)
    owners: dict[VarianceCategory, Owner] = Field(default_factory=dict)
    owner: Owner | None = None
    undelivered_days: Annotated[int, Field(strict=True, ge=1, le=365)] = Field(
        default=UNDELIVERED_DAYS, exclude_if=functools.partial(operator.eq, UNDELIVERED_DAYS)
    )

    def owner_of(self, category: VarianceCategory) -> Owner | None:
        """Return the team of a category, or None where the policy names none."""
        return self.owners.get(category, self.owner)

    def waits(self, amount: Money) -> bool:
        """Say whether a variance of an amount waits for a decision."""
        return abs(amount.amount) > self.threshold.get(amount.currency, -1)


class ProcessPromises(Model):
    """What a legal entity promises of its process: what is later or more than this raises an alarm.

    A run starts within `run_hours` of the cut-off of its month, an invoice is posted within `posting_hours`, a variance
    is open for `variance_days` at most. Once the run of a month is closed, at most `unbilled_percent` of what it is
    worth is not billed. `targets` are of metrics by name, `minutes_per_invoice` what an invoice takes a person.
    """

    run_hours: Annotated[int, Field(strict=True, ge=1, le=720)] = 24
    posting_hours: Annotated[int, Field(strict=True, ge=1, le=720)] = 24
    variance_days: Annotated[int, Field(strict=True, ge=1, le=366)] = 10
    unbilled_percent: Annotated[Percent, Field(le=100)] = Decimal(1)
    minutes_per_invoice: Nonnegative = Decimal(0)
    targets: dict[Name, Nonnegative] = Field(default_factory=dict)

    @property
    def are_plain(self) -> bool:
        """Say whether they are what holds where a policy says nothing of promises."""
        return self == ProcessPromises()


class Policy(Model):
    """The policy of a legal entity, under the same id.

    `limits_add_up_by` says over what a person's approvals are added up; one approval alone is always held to the limit.
    `clients` are the systems that call the API for the legal entity. Other systems are told of a customer's balance
    that falls below `low_balance`, an amount in each currency, or below `low_balance_percent` of what was left to it
    since it was last used up; and of a contract's prepaid credit of which less than `low_credit_percent` is left.
    `matching` says when receipts are applied by themselves, `reminders` when customers are
    reminded of what is overdue: without them nobody is. `variances` says which variances of the reconciliation become
    exceptions: without it none does. `promises` are those of its process, and the targets of its metrics.
    """

    kind: Literal["policy"] = "policy"
    format: Literal[1, 2] = 1
    id: Name
    version: Version
    roles: tuple[Role, ...] = ()
    people: tuple[Person, ...] = ()
    thresholds: Thresholds = Field(default_factory=Thresholds)
    escalate_after: Annotated[int, Field(strict=True, ge=1, le=100)] = 2
    limits_add_up_by: tuple[LimitScope, ...] = tuple(LimitScope)
    clients: tuple[Client, ...] = Field(default=(), exclude_if=operator.not_)
    low_balance: dict[Currency, Nonnegative] = Field(default_factory=dict, exclude_if=operator.not_)
    low_balance_percent: Annotated[Percent, Field(gt=0, le=100)] | None = Field(default=None, exclude_if=operator.not_)
    low_credit_percent: Annotated[Percent, Field(gt=0, le=100)] | None = Field(default=None, exclude_if=operator.not_)
    matching: MatchingRules = Field(default_factory=MatchingRules, exclude_if=operator.attrgetter("are_plain"))
    reminders: ReminderRules | None = Field(default=None, exclude_if=operator.not_)
    variances: VarianceRules | None = Field(default=None, exclude_if=operator.not_)
    promises: ProcessPromises = Field(default_factory=ProcessPromises, exclude_if=operator.attrgetter("are_plain"))

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
        if self.format == 1 and any(person.identities for person in self.people):
            message = f"policy {self.id}: people have identities in format {FORMAT} only"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _nobody_passes_for_another(self, info: ValidationInfo) -> Self:
        """Refuse, when it is published, people who could be taken for one another or could never call."""
        if not is_published(info):
            return self
        if self.format != FORMAT:
            message = f"policy {self.id}: it is published in format {FORMAT}, with the identities of its people"
            raise ValueError(message)
        nameless = [person.id for person in self.people if not person.identities or person.id in NO_PERSON]
        if nameless:
            message = f"policy {self.id}: these people have no identity, or the name of no person: {nameless}"
            raise ValueError(message)
        callers: tuple[Person | Client, ...] = (*self.people, *self.clients)
        for kind, values in (
            ("ids", [caller.id.casefold() for caller in callers]),
            ("names", [person.name.casefold() for person in self.people]),
            ("identities", [str(identity) for caller in callers for identity in caller.identities]),
        ):
            if len(set(values)) != len(values):
                message = (
                    f"policy {self.id}: the {kind} of two people or clients are the same, or differ in their case only"
                )
                raise ValueError(message)
        return self

    def person(self, name: str) -> Person | None:
        """Return a person by id, or None."""
        return next((person for person in self.people if person.id == name), None)

    def person_of(self, identity: Identity) -> Person | None:
        """Return the person who calls by an identity, or None."""
        return next((person for person in self.people if identity in person.identities), None)

    def role_of(self, person: Person) -> Role:
        """Return a person's role."""
        return next(role for role in self.roles if role.id == person.role)

    def deciders(self, amount: Money | None, *, other_than: str) -> list[Person]:
        """Return who may approve an amount that somebody else asked for, if they approved nothing else yet."""
        return list(self._others(other_than, (role.id for role in self.roles if role.may_approve(amount))))

    def without_limits(self, *, other_than: str) -> list[Person]:
        """Return who may approve anything that somebody else asked for."""
        return list(self._others(other_than, (role.id for role in self.roles if role.unlimited)))

    def _others(self, other_than: str, roles: Iterable[str]) -> Iterator[Person]:
        able = set(roles)
        return (person for person in self.people if person.id != other_than and person.role in able)
