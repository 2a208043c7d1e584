"""Where the changes of customers' balances are kept: facts that are written with the release of their documents.

    balance#<entity>#<account>
        <currency>#<ordinal>            what a document left to the balance or drew of it

Of two releases that change a balance at once one finds its ordinal taken, and looks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from billproof.findings import Finding, Owner, Severity
from billproof.identities import InvoiceId
from billproof.invoicing.balance import BalanceChange, BalanceEntry, Settlement, Worth, change_of
from billproof.money import Money
from billproof.ports import Key, Record, Records
from billproof.store_keys import BalanceKey, partition_name, sort_key

if TYPE_CHECKING:
    from billproof.invoicing.model import Released
    from billproof.masterdata.parties import LegalEntity
    from billproof.pricing.terms import AccountTerms

BALANCE_OVER_LIMIT = "balance_over_limit"


class Balances:
    """Customers' balances, over records: one for each account and currency."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def entries(self, entity: str, account: str, currency: str) -> list[BalanceEntry]:
        """Return the changes of a balance, oldest first."""
        records = self._records.query(_partition(entity, account), prefix=sort_key(currency, ""))
        return [BalanceEntry.model_validate(record.document) for record in records]

    def currencies(self, entity: str, account: str) -> list[str]:
        """Return the currencies in which an account has or had a balance."""
        records = self._records.query(_partition(entity, account))
        return list(dict.fromkeys(BalanceKey.parse(record.key.sort).currency for record in records))

    def last(self, entity: str, account: str, currency: str) -> BalanceChange | None:
        """Return the last change of a balance, or None where there never was one."""
        query = self._records.query(
            _partition(entity, account), prefix=sort_key(currency, ""), newest_first=True, limit=1
        )
        for record in query:
            return BalanceEntry.model_validate(record.document).change
        return None

    def of_account(self, entity: LegalEntity, terms: AccountTerms) -> dict[str, Decimal]:
        """Return an account's balances in the currencies of its contracts, where customers have balances."""
        if entity.chart_of_accounts.customer_balance is None:
            return {}
        currencies = sorted({contract.currency for contract in terms.contracts})
        last = {currency: self.last(entity.id, terms.account.id, currency) for currency in currencies}
        return {currency: change.after.amount.amount for currency, change in last.items() if change is not None}

    def change(self, document: InvoiceId, gross: Worth, settlement: Settlement, due: Worth) -> BalanceChange | None:
        """Return what a document changes of the balance as it is now; None where it changes nothing."""
        last = self.last(document.legal_entity, document.account, gross.amount.currency)
        return next_change(last, gross, settlement, due)


def next_change(last: BalanceChange | None, gross: Worth, settlement: Settlement, due: Worth) -> BalanceChange | None:
    """Return the change that follows the last one of a balance."""
    opening = last.after if last else gross.nothing
    change = change_of(gross, opening, settlement, due)
    if change.amount.is_zero:
        return None
    return BalanceChange(
        ordinal=last.ordinal + 1 if last else 1,
        opening=opening.amount,
        change=change.amount,
        opening_booked=opening.booked,
        change_booked=change.booked,
    )


def limit_of(entity: LegalEntity, currency: str) -> Decimal:
    """Return the largest balance that a document may leave by itself: nothing without an account for balances."""
    if entity.chart_of_accounts.customer_balance is None:
        return Decimal(0)
    return entity.balance_limits.get(currency, Decimal(0))


def most_left(entity: LegalEntity, currency: str, approved: Iterable[Finding]) -> Decimal:
    """Return the largest balance that a document may leave: the limit, or what a person saw in its findings."""
    if entity.chart_of_accounts.customer_balance is None:
        return Decimal(0)
    balances = (finding.amount_at_risk for finding in approved if finding.code == BALANCE_OVER_LIMIT)
    amounts = (balance.amount for balance in balances if balance is not None and balance.currency == currency)
    return max(limit_of(entity, currency), *amounts, Decimal(0))


def over_limit(account: str, left: Money, after: Money, limit: Decimal) -> Finding:
    """Return the finding of a document that leaves a customer a larger balance than may be left."""
    return Finding(
        code=BALANCE_OVER_LIMIT,
        severity=Severity.BLOCKING,
        account=account,
        path="invoice/total",
        message=(
            f"{left} are left to the customer's balance, which would be {after}; "
            f"the limit is {Money.of(limit, after.currency)}"
        ),
        remedy="approve it, and later invoices draw the balance; or remove the cause and run the period again",
        owner=Owner.BILLING,
        amount_at_risk=after,
    )


def balance_records(release: Released) -> Iterator[Record]:
    """Yield what is written with a release that changes a balance."""
    change = release.balance
    if change is None:
        return
    entry = BalanceEntry(document=release.invoice, number=release.number, issue_date=release.issue_date, change=change)
    where = (release.legal_entity, release.account, change.change.currency)
    before = balance_key(*where, change.ordinal - 1) if change.ordinal > 1 else None
    yield Record(balance_key(*where, change.ordinal), entry.model_dump(mode="json"), before)


def balance_key(entity: str, account: str, currency: str, ordinal: int) -> Key:
    """Return where a change of a balance is."""
    return Key(_partition(entity, account), str(BalanceKey(currency, ordinal)))


def _partition(entity: str, account: str) -> str:
    return partition_name("balance", entity, account)
