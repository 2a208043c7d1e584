"""The pricing step of a batch: every account priced, or its trouble written down as that account's finding."""

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from billproof.artefacts import Artefacts
from billproof.contracts.terms import PLAN, AccountTerms, BatchPlan
from billproof.contracts.timeline import timelines
from billproof.errors import BillproofError, UnpriceableCharge
from billproof.findings import Finding, Owner, Severity
from billproof.model import Model
from billproof.money import Money
from billproof.ports import Objects
from billproof.pricing.differences import difference_lines
from billproof.pricing.lines import Basis
from billproof.pricing.model import PricedAccount, PricedLine
from billproof.pricing.reductions import contract_lines
from billproof.usage.model import USAGE, AccountUsage, BatchUsage

PRICED = "priced"
TOO_LARGE = UnpriceableCharge("an amount has more than 23 digits before the point", contract="contract")


class AccountPricing(Model):
    """An account's lines; none where it has no contract in force or a finding says why it cannot be priced."""

    usage: AccountUsage
    earlier: tuple[AccountUsage, ...] = ()
    priced: PricedAccount | None
    findings: tuple[Finding, ...]


class BatchPricing(Model):
    """The lines of a batch."""

    run: str
    batch: str
    accounts: tuple[AccountPricing, ...]


class Stepped(Model):
    """What a step of a batch returns to the workflow: references and counts, nothing else."""

    run_id: str
    batch_id: str
    outcome: str
    accounts: int
    findings: int


def price_usage(*, run_id: str, batch_id: str, objects: Objects) -> Stepped:
    """Price every account of the batch from its frozen terms and its usage, and write the lines."""
    artefacts = Artefacts(objects)
    plan = artefacts.read(run_id, PLAN, batch_id, BatchPlan)
    used = by_account(artefacts.read(run_id, USAGE, batch_id, BatchUsage).accounts)
    accounts = tuple(price_terms(terms, plan=plan, usages=used[terms.account.id]) for terms in plan.accounts)
    pricing = BatchPricing(run=run_id, batch=batch_id, accounts=accounts)
    artefacts.write(run_id, PRICED, batch_id, pricing)
    found = sum(len(account.findings) for account in accounts)
    return Stepped(run_id=run_id, batch_id=batch_id, outcome="priced", accounts=len(accounts), findings=found)


Usages = Mapping[str, AccountUsage]
"""What an account used, by the name of the period: the run's, and those earlier ones that late usage reached."""


def by_account(usages: Iterable[AccountUsage]) -> dict[str, dict[str, AccountUsage]]:
    """Sort usages by account and period."""
    found: dict[str, dict[str, AccountUsage]] = {}
    for usage in usages:
        found.setdefault(usage.account, {})[usage.period] = usage
    return found


def price_terms(terms: AccountTerms, *, plan: BatchPlan, usages: Usages) -> AccountPricing:
    """Price one account, or write down why it cannot be: a pure function of its terms and usage."""
    findings = (*terms.findings, *(_out_of_range(usage) for usage in usages.values() if usage.out_of_range))
    priced = None
    if not findings:
        try:
            priced = price_account(terms, plan=plan, usages=usages)
        except BillproofError as error:
            findings = (unpriceable(terms.account.id, error),)
        except ValidationError:  # an amount or quantity with more digits than anything may have
            findings = (unpriceable(terms.account.id, TOO_LARGE),)
    earlier = tuple(usages[each.period.name] for each in terms.earlier)
    return AccountPricing(usage=usages[plan.period.name], earlier=earlier, priced=priced, findings=findings)


def invoice_currency(terms: AccountTerms, plan: BatchPlan) -> str:
    """Return the one currency of an account's contracts, or that of the books where it has none.

    Raises UnpriceableCharge where they have several, or where no rate is known of one that is not the books'.
    """
    contracts = (*terms.contracts, *(each for earlier in terms.earlier for each in earlier.contracts))
    found = sorted({contract.currency for contract in contracts}) or [plan.legal_entity.currency]
    if len(found) > 1:
        message = f"contracts of {terms.account.id} are in {' and '.join(found)}: an invoice has one currency"
        raise UnpriceableCharge(message, contract="contracts")
    plan.booked(Money.zero(found[0]))
    return found[0]


def _out_of_range(usage: AccountUsage) -> Finding:
    return Finding(
        code="quantity_out_of_range",
        severity=Severity.BLOCKING,
        account=usage.account,
        path=f"usage/{','.join(usage.out_of_range)}",
        message=(
            f"{', '.join(usage.out_of_range)} cannot be added up: more than 23 digits before the point, or values that "
            "came before the meter was published and are no quantities"
        ),
        remedy="find the source's broken events in the usage log",
        owner=Owner.BILLING,
    )


def unpriceable(account: str, error: BillproofError) -> Finding:
    """Turn an error in an account's terms into the finding that holds its invoice."""
    return Finding(
        code=error.code,
        severity=Severity.BLOCKING,
        account=account,
        path=error.details.get("charge", error.details.get("contract", "contract")),
        message=error.message,
        remedy="publish a new version of the contract, then run the period again",
        owner=Owner.BILLING,
    )


def price_account(terms: AccountTerms, *, plan: BatchPlan, usages: Usages) -> PricedAccount | None:
    """Return every line of the account for the period, or None where no contract is in force and nothing came late.

    Raises UnpriceableCharge where the terms cannot be priced as stated.
    """
    laid_out = timelines(terms.contracts, plan.period)
    currency = invoice_currency(terms, plan)
    meters = {meter.id: meter for meter in plan.meters}
    own = Basis(
        period=plan.period,
        meters=meters,
        quantities=usages[plan.period.name].quantities,
        rounding=plan.legal_entity.rounding,
        carried={(each.contract, each.charge): each.quantity for each in terms.carried},
    )
    drawn = {(each.contract, each.credit): each.amount for each in terms.drawn}
    lines: list[PricedLine] = []
    for timeline in laid_out:
        lines += contract_lines(timeline, own, drawn)
    if len({line.includes_tax for line in lines}) > 1:
        message = f"some prices of {terms.account.id} include tax and some do not"
        raise UnpriceableCharge(message, contract="contracts")
    for earlier in terms.earlier:
        basis = Basis(
            period=earlier.period,
            meters=meters,
            quantities=usages[earlier.period.name].quantities,
            rounding=earlier.rounding,
            carried={(each.contract, each.charge): each.quantity for each in earlier.carried},
        )
        now = [
            line
            for timeline in timelines(earlier.contracts, earlier.period)
            for line in contract_lines(timeline, basis)
        ]
        lines += difference_lines(earlier, now)
    if not terms.contracts and not lines:
        return None
    return PricedAccount(account=terms.account.id, currency=currency, period=plan.period, lines=tuple(lines))
