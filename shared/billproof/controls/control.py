"""What a control is: a stable code, what it looks for, and a pure check of one account's facts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.contracts.timeline import Timeline, timelines
from billproof.findings import Finding, Owner, Severity
from billproof.identities import ContractPath
from billproof.money import Money, total
from billproof.pricing.model import AccountPricing, LineKind, PricedAccount, PricedLine
from billproof.pricing.service_periods import Due, dues
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.readings import Quantity, Reading
from billproof.usage.model import AccountUsage


@dataclass(frozen=True)
class ControlInput:
    """Everything that a control may look at: the batch's plan, the account's terms and what pricing made of them."""

    plan: BatchPlan
    terms: AccountTerms
    pricing: AccountPricing

    @property
    def priced(self) -> PricedAccount | None:
        """The account's lines, or None where there are none."""
        return self.pricing.priced

    @property
    def lines(self) -> tuple[PricedLine, ...]:
        """The account's lines."""
        return self.pricing.priced.lines if self.pricing.priced else ()

    @cached_property
    def charge_lines(self) -> list[PricedLine]:
        """The lines of the period's own charges."""
        return [line for line in self.lines if line.kind is LineKind.CHARGE]

    @cached_property
    def _lines_of(self) -> dict[tuple[str, str], list[PricedLine]]:
        by_charge: dict[tuple[str, str], list[PricedLine]] = {}
        for line in self.charge_lines:
            by_charge.setdefault((line.explanation.contract, line.charge), []).append(line)
        return by_charge

    def lines_of(self, contract: str, charge: str) -> list[PricedLine]:
        """Return the lines of one charge of the period."""
        return self._lines_of.get((contract, charge), [])

    @cached_property
    def timelines(self) -> list[Timeline]:
        """The account's contracts, laid out over their days."""
        return timelines(self.terms.contracts, self.plan.period, self.terms.billed_in)

    @cached_property
    def dues(self) -> list[tuple[Timeline, list[Due]]]:
        """What the invoice of the period owes, by contract."""
        return [(timeline, list(dues(timeline, self.plan.period))) for timeline in self.timelines]

    @property
    def charges(self) -> Iterator[tuple[Contract, Charge]]:
        """Every charge of a priced account as its last version in the period states it."""
        for timeline in self.timelines if self.priced else ():
            last = {span.term.id: span for span in timeline.charges if span.touches(self.plan.period)}
            yield from ((span.contract, span.term) for span in last.values())

    @property
    def usages(self) -> tuple[AccountUsage, ...]:
        """What was used in the period, and in earlier ones that late usage reached, by the account and its children."""
        return (*self.pricing.own, *self.pricing.earlier)

    @cached_property
    def _quantities_of(self) -> dict[tuple[str, str], list[Quantity]]:
        by_meter: dict[tuple[str, str], list[Quantity]] = {}
        for usage in self.pricing.own:
            for quantity in usage.quantities:
                by_meter.setdefault((usage.account, quantity.meter), []).append(quantity)
        return by_meter

    def measured(self, account: str, reading: Reading, part: str) -> list[Quantity]:
        """Return what an account used in the period, as a charge reads it over the whole or a part."""
        mine = self._quantities_of.get((account, reading.meter), [])
        return [quantity for quantity in mine if quantity.is_of(reading, part)]

    def quantities(self, account: str | None = None) -> list[Quantity]:
        """Return what an account used in the period; without one, what it and its children did."""
        return [
            quantity for usage in self.pricing.own if account in {None, usage.account} for quantity in usage.quantities
        ]

    @property
    def currency(self) -> str:
        """The currency of the account's invoice."""
        return self.priced.currency if self.priced else self.plan.legal_entity.currency

    @property
    def net(self) -> Money:
        """The sum of all lines."""
        return total((line.net for line in self.lines), self.currency)

    def money(self, line: PricedLine) -> Money:
        """Return what a line is worth, whatever its sign."""
        return line.net if line.net.amount >= 0 else -line.net


Check = Callable[[ControlInput], Iterable["Observation"]]


@dataclass(frozen=True, slots=True)
class Observation:
    """What a control observed: where, what, and the amount at risk if that is known."""

    path: str | ContractPath
    message: str
    amount_at_risk: Money | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A control of the catalogue. The code never changes; the docstring of the check explains it."""

    code: str
    severity: Severity
    owner: Owner
    remedy: str
    check: Check

    def findings(self, facts: ControlInput) -> Iterator[Finding]:
        """Check one account and report each observation, with the team responsible and what to do."""
        for observation in self.check(facts):
            yield Finding(
                code=self.code,
                severity=self.severity,
                account=facts.terms.account.id,
                path=str(observation.path),
                message=observation.message,
                remedy=self.remedy,
                owner=self.owner,
                amount_at_risk=observation.amount_at_risk,
            )

    @property
    def explanation(self) -> str:
        """What it looks for and why that leaks, from the check's docstring."""
        return " ".join((self.check.__doc__ or "").split())
