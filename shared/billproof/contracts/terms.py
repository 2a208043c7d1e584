"""The terms of a batch, frozen when its run is planned."""

from datetime import date

from billproof.contracts.model import Account, Contract, LegalEntity, Meter
from billproof.findings import Finding
from billproof.model import Exact, Model
from billproof.money import Money
from billproof.periods import Period

PLAN = "plan"
"""The step of a run that holds the plan of each batch."""


class BilledLine(Model):
    """What a line of an earlier period has been billed with so far, over all invoices that name it."""

    line: str
    contract: str
    charge: str
    dimension: dict[str, str]
    net: Money
    quantity: Exact
    included_quantity: Exact
    billed_quantity: Exact
    numbers: tuple[str, ...]


class EarlierPeriod(Model):
    """An earlier period that late usage reached: the contract versions it was billed under, and what was billed.

    `ordinal` is the place of this settlement among the period's: two runs that would bill one difference take the same
    place, and only one of them is given it.
    """

    period: Period
    ordinal: int
    contracts: tuple[Contract, ...]
    billed: tuple[BilledLine, ...]


class AccountTerms(Model):
    """An account and the contract versions that govern the period, as they stood when the run was planned."""

    account: Account
    contracts: tuple[Contract, ...]
    earlier: tuple[EarlierPeriod, ...] = ()
    findings: tuple[Finding, ...] = ()


class BatchPlan(Model):
    """Everything that pricing a batch needs besides usage: frozen, so that a retry prices the same terms."""

    run: str
    batch: str
    legal_entity: LegalEntity
    period: Period
    issue_date: date
    meters: tuple[Meter, ...]
    accounts: tuple[AccountTerms, ...]
