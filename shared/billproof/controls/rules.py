"""The controls of the pricing step. Each is a pure check with a stable code; docs/controls.md explains them."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.contracts.terms import AccountTerms
from billproof.findings import Finding, Owner, Severity
from billproof.model import decimal_text
from billproof.pricing.lines import is_active, service_periods
from billproof.pricing.model import LineKind, PricedAccount
from billproof.usage.model import AccountUsage


def usage_without_price(terms: AccountTerms, usage: AccountUsage) -> Iterator[Finding]:
    """Find events that no charge prices and no exclusion names: usage that nobody would be billed for."""
    for kind, number in usage.orphan_types.items():
        what = "has no contract in force" if not terms.contracts else "neither charges for them nor excludes them"
        yield Finding(
            code="usage_without_price",
            severity=Severity.BLOCKING,
            account=terms.account.id,
            path=f"usage/{kind}",
            message=f"{number} events of type {kind} were accepted, and the account {what}",
            remedy="add a charge or an exclusion to the contract, then run the period again",
            owner=Owner.BILLING,
        )


def correction_without_event(usage: AccountUsage) -> Iterator[Finding]:
    """Find corrections and retractions whose event is not in the same source, account and day: they did nothing."""
    if usage.counts.unmatched:
        yield Finding(
            code="correction_without_event",
            severity=Severity.BLOCKING,
            account=usage.account,
            path=f"usage/{usage.period}",
            message=f"{usage.counts.unmatched} corrections or retractions of {usage.period} name events not there",
            remedy="send the event that is named, or the correction on its day (UTC), then run the period again",
            owner=Owner.BILLING,
        )


def charge_without_line(terms: AccountTerms, priced: PricedAccount) -> Iterator[Finding]:
    """Find charges that are active in the period and have no line."""
    billed = {(line.explanation.contract, line.charge) for line in priced.lines if line.kind is LineKind.CHARGE}
    for contract in terms.contracts:
        for charge in contract.charges:
            if is_active(charge, contract, priced.period) and (contract.id, charge.id) not in billed:
                yield Finding(
                    code="charge_without_line",
                    severity=Severity.BLOCKING,
                    account=terms.account.id,
                    path=f"{contract.id}/{charge.id}",
                    message=f"charge {charge.id} is active in {priced.period.name} and has no line",
                    remedy="this is a fault in pricing: report it with the run's name",
                    owner=Owner.ENGINEERING,
                )


def quantity_not_billed(terms: AccountTerms, priced: PricedAccount, usage: AccountUsage) -> Iterator[Finding]:
    """Find metered quantities that their charge's lines do not add up to, billed and included together."""
    for contract in terms.contracts:
        for charge in contract.charges:
            if charge.meter is None or not service_periods(charge, contract, priced.period):
                continue
            metered = sum(
                (q.quantity for q in usage.quantities if q.meter == charge.meter and q.group_by == charge.group_by),
                Decimal(0),
            )
            lines = [line for line in priced.lines if line.kind is LineKind.CHARGE and line.charge == charge.id]
            shown = sum(
                (x.billed_quantity + x.included_quantity for x in lines if x.explanation.contract == contract.id),
                Decimal(0),
            )
            if metered != shown:
                yield Finding(
                    code="quantity_not_billed",
                    severity=Severity.BLOCKING,
                    account=terms.account.id,
                    path=f"{contract.id}/{charge.id}",
                    message=f"{decimal_text(metered)} metered, {decimal_text(shown)} on the lines",
                    remedy="this is a fault in pricing: report it with the run's name",
                    owner=Owner.ENGINEERING,
                )


def period_gap_or_overlap(terms: AccountTerms, priced: PricedAccount) -> Iterator[Finding]:
    """Find charges whose lines pay for a period twice, or leave out one that this invoice owes."""
    for contract in terms.contracts:
        for charge in contract.charges:
            owed = {period.start: period.name for period in service_periods(charge, contract, priced.period)}
            paid = [
                (line.service_period.start, tuple(line.dimension.values()))
                for line in priced.lines
                if line.kind is LineKind.CHARGE and (line.explanation.contract, line.charge) == (contract.id, charge.id)
            ]
            starts = {start for start, _ in paid}
            if owed and (len(set(paid)) != len(paid) or starts != owed.keys()):
                yield Finding(
                    code="period_gap_or_overlap",
                    severity=Severity.BLOCKING,
                    account=terms.account.id,
                    path=f"{contract.id}/{charge.id}",
                    message=f"owed {sorted(owed.values())}, billed {sorted(f'{start:%Y-%m}' for start, _ in paid)}",
                    remedy="this is a fault in pricing: report it with the run's name",
                    owner=Owner.ENGINEERING,
                )
