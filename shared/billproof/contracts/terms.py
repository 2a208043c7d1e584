"""The terms of a batch, frozen when its run is planned."""

from datetime import date

from billproof.contracts.model import Account, Contract, LegalEntity, Meter
from billproof.findings import Finding
from billproof.model import Model
from billproof.periods import Period

PLAN = "plan"
"""The step of a run that holds the plan of each batch."""


class AccountTerms(Model):
    """An account and the contract versions that govern the period, as they stood when the run was planned."""

    account: Account
    contracts: tuple[Contract, ...]
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
