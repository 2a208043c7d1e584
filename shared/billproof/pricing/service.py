"""The pricing step of a batch: every account priced, or its trouble written down as that account's finding."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import ValidationError

from billproof.errors import BillproofError, UnpriceableCharge
from billproof.findings import Finding, Owner, Severity
from billproof.money import Money, total
from billproof.pricing.account import AccountPricer
from billproof.pricing.model import AccountPricing, PricedAccount
from billproof.pricing.reading import Read
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.usage.model import AccountUsage
from billproof.usage.windows import Usages

TOO_LARGE = UnpriceableCharge("an amount has more than 23 digits before the point", contract="contract")
MOST_LINES = 20_000
"""Lines that an invoice may have: see docs/limits.md."""
MOST_DIGITS = 18
"""Digits before the point that a line and the sum of an invoice may have: sums of many invoices have room to grow."""


def price_terms(terms: AccountTerms, *, plan: BatchPlan, usages: Usages) -> AccountPricing:
    """Price one account, or write down why it cannot be: a pure function of its terms and usage."""
    pricing = unpriced(terms, terms.findings, plan=plan, usages=usages)
    billed = (*pricing.own, *pricing.earlier)
    findings = (
        *terms.findings,
        *(_out_of_range(terms.account.id, usage) for usage in billed if usage.out_of_range),
        *_unread(terms, plan, billed),
        *(_unreadable(terms.account.id, key, months) for key, months in _lacked(pricing).items()),
    )
    priced = None
    if not findings:
        try:
            priced = price_account(terms, plan=plan, usages=usages)
        except BillproofError as error:
            findings = (unpriceable(terms.account.id, error),)
        except (ValidationError, ArithmeticError):  # more digits than anything may have
            findings = (unpriceable(terms.account.id, TOO_LARGE),)
    return pricing.model_copy(update={"priced": priced, "findings": findings})


def unpriced(terms: AccountTerms, findings: tuple[Finding, ...], *, plan: BatchPlan, usages: Usages) -> AccountPricing:
    """Return what an account used, without lines: its findings say why."""
    own, *children = (usages[member.id, plan.period.name] for member in terms.members)
    earlier = tuple(usages[member.id, month.period.name] for month in terms.earlier for member in terms.members)
    unbilled = tuple(usages[member.id, month.period.name] for month in terms.unbilled for member in terms.members)
    return AccountPricing(
        usage=own, children=tuple(children), earlier=earlier, unbilled=unbilled, priced=None, findings=findings
    )


def invoice_currency(terms: AccountTerms, plan: BatchPlan) -> str:
    """Return the one currency of an account's contracts, or that of the books where it has none.

    Raises UnpriceableCharge where they have several, or where no rate is known of one that is not the books'.
    """
    contracts = (*terms.contracts, *(contract for month in terms.earlier for contract in month.contracts))
    currencies = sorted({contract.currency for contract in contracts}) or [plan.legal_entity.currency]
    if len(currencies) > 1:
        message = f"contracts of {terms.account.id} are in {' and '.join(currencies)}: an invoice has one currency"
        raise UnpriceableCharge(message, contract="contracts")
    plan.booked(Money.zero(currencies[0]))
    return currencies[0]


def _out_of_range(account: str, usage: AccountUsage) -> Finding:
    return Finding(
        code="quantity_out_of_range",
        severity=Severity.BLOCKING,
        account=account,
        path=f"usage/{','.join(usage.out_of_range)}",
        message=f"{', '.join(usage.out_of_range)} cannot be added up: more than 23 digits before the point",
        remedy="find the source's broken events in the usage log",
        owner=Owner.BILLING,
    )


def _unread(terms: AccountTerms, plan: BatchPlan, usages: Iterable[AccountUsage]) -> Iterator[Finding]:
    """Say which events have no value for a meter that the account's own terms read in the month."""
    contracts = {plan.period.name: (terms.contracts, plan.period)}
    contracts |= {month.period.name: (month.contracts, month.period) for month in terms.earlier}
    for usage in usages:
        if usage.unread_values:
            read = {reading.meter for reading in Read.of(*contracts[usage.period]).readings}
            counts = {meter: events for meter, events in sorted(usage.unread_values.items()) if meter in read}
            if counts:
                yield _not_quantities(terms.account.id, usage, counts)


def _not_quantities(account: str, usage: AccountUsage, counts: Mapping[str, int]) -> Finding:
    counted = ", ".join(f"{events} of {meter}" for meter, events in counts.items())
    return Finding(
        code="value_not_a_quantity",
        severity=Severity.BLOCKING,
        account=account,
        path=f"usage/{','.join(counts)}",
        message=(
            f"events of {usage.account} in {usage.period} have values that ingestion refuses since the meter was "
            f"published: {counted}"
        ),
        remedy="have the source correct or retract these events, then run the period again",
        owner=Owner.BILLING,
    )


def _lacked(pricing: AccountPricing) -> dict[str, list[str]]:
    """Return the objects without which the usage of an account and its children is not known, with its months."""
    lacked: dict[str, list[str]] = {}
    for usage in (*pricing.own, *pricing.earlier, *pricing.unbilled):
        for key in usage.unreadable:
            lacked.setdefault(key, []).append(usage.period)
    return lacked


def _unreadable(account: str, key: str, months: list[str]) -> Finding:
    return Finding(
        code="object_unreadable",
        severity=Severity.BLOCKING,
        account=account,
        path=key,
        message=f"{key} is gone, or not what was written: usage of {', '.join(sorted(set(months)))} may be in it",
        remedy="restore it from an earlier version of the bucket, as docs/runbooks/internal-errors.md says, then run "
        "the period again",
        owner=Owner.ENGINEERING,
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

    By one rule for every month, oldest first: what is owed of it as it is known now, less what is billed of it. Raises
    UnpriceableCharge where the terms cannot be priced as stated.
    """
    currency = invoice_currency(terms, plan)
    pricer = AccountPricer(terms, plan, usages)
    lines = pricer.lines()
    if len({line.includes_tax for line in lines if line.adjusts is None}) > 1:
        message = f"some prices of {terms.account.id} include tax and some do not"
        raise UnpriceableCharge(message, contract="contracts")
    if not terms.contracts and not lines:
        return None
    if len(lines) > MOST_LINES:
        message = f"an invoice has {MOST_LINES} lines at most, that of {terms.account.id} would have {len(lines)}"
        raise UnpriceableCharge(message, contract="contracts")
    for amount in (*(line.net for line in lines), total((line.net for line in lines), currency)):
        if amount.amount.adjusted() >= MOST_DIGITS:
            message = f"an amount of {terms.account.id} has more than {MOST_DIGITS} digits before the point"
            raise UnpriceableCharge(message, contract="contract")
    return PricedAccount(
        account=terms.account.id,
        currency=currency,
        period=plan.period,
        lines=tuple(lines),
        accrued=tuple(pricer.accrued()),
    )
