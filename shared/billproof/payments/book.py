"""Where receipts and what became of them are kept: facts that are added and never edited.

    receipt#<entity>#<receipt>
        received                    the receipt, and what it was booked with
        use#<ordinal>               what happened to it
    receipts#<entity>
        <day>#<receipt>             a receipt that was booked on the day
    payer-receipts#<entity>
        <digest>#<receipt>          a receipt that came from a bank account
    cash#<entity>#<account>
        <currency>#<ordinal>        what a use settled of the account's documents, or opened again
    account-receipts#<entity>#<account>
        <receipt>#<ordinal>         a use that says or proposes whose the receipt is
    uses#<entity>#<month>
        <receipt>#<ordinal>         a use that is dated in the month
    cash-entries#<entity>#<month>
        <reference>                 an entry of the journal, before the ERP hears of it: under the month of what it is
                                    of, and under that of its date, where the first one was closed
    returns#<entity>
        <source>/<reference>#given-back     the receipt that was given back under a reference: one only

A use is written together with its change of the account, each under the next ordinal: of two receipts that would pay
one document at once, one finds the ordinal taken, and is matched anew. A receipt is used once for the same reason.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from billproof.errors import Conflict, NotFound
from billproof.escaping import escape
from billproof.ids import shown
from billproof.money import Money
from billproof.payments.cash import CashEntry, CashPosting, ReceiptState, ReceiptUse, ReceivedMoney
from billproof.payments.decision_book import payer_digest
from billproof.payments.gateway_book import found_key
from billproof.payments.model import UseKind
from billproof.periods import month_name
from billproof.ports import Key, Record, Records
from billproof.store_keys import BalanceKey, FactKey, FactName, ordinal_text, partition_name, sort_key

RECEIVED, USE, GIVEN_BACK, TAKEN_BACK = "received", "use", "given-back", "taken-back"
MOST_OF_A_PAYER = 50
"""Receipts of a bank account that are looked at to say whose it is."""
_SEPARATORS = re.compile("[%#/]")


class CashBook:
    """Receipts and what they pay, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def receive(self, money: ReceivedMoney) -> ReceiptState:
        """Keep a receipt and return all that is known of it; told again it changes nothing.

        Raises Conflict where the same source told something else under its reference. Which statement told it is no
        part of that: a notification and its statement tell of the same money.
        """
        receipt = money.receipt
        records = [
            Record(Key(_receipt_partition(receipt.legal_entity, receipt.id), RECEIVED), money.model_dump(mode="json")),
            Record(
                Key(_days_partition(receipt.legal_entity), sort_key(receipt.booked_on.isoformat(), receipt.id)),
                {"receipt": receipt.id},
            ),
        ]
        payer = payer_digest(receipt.payer.account or "")
        if payer:
            key = Key(_payers_partition(receipt.legal_entity), sort_key(payer, receipt.id))
            records.append(Record(key, {"receipt": receipt.id}))
        if self._records.create_all(records):
            return ReceiptState(money)
        known = self.state(receipt.legal_entity, receipt.id)
        if not known.receipt.tells_of(receipt):
            message = f"{receipt.id} came before with another content: its source gave one reference to two payments"
            raise Conflict(message)
        return known

    def state(self, entity: str, receipt: str) -> ReceiptState:
        """Return a receipt and what happened to it; raises NotFound."""
        known = self.find(entity, receipt)
        if known is None:
            message = f"there is no receipt {shown(receipt)} of {shown(entity)}"
            raise NotFound(message)
        return known

    def find(self, entity: str, receipt: str) -> ReceiptState | None:
        """Return a receipt and what happened to it, or None."""
        received: ReceivedMoney | None = None
        uses: list[ReceiptUse] = []
        for record in self._records.query(_receipt_partition(entity, receipt)):
            if record.key.sort == RECEIVED:
                received = ReceivedMoney.model_validate(record.document)
            else:
                uses.append(ReceiptUse.model_validate(record.document))
        return None if received is None else ReceiptState(received, tuple(uses))

    def received(self, entity: str, month: str = "") -> Iterator[ReceiptState]:
        """Yield the receipts of a legal entity, or those that were booked in a month, by their days."""
        for record in self._records.query(_days_partition(entity), prefix=month):
            yield self.state(entity, record.document["receipt"])

    def accounts_of_payer(self, entity: str, bank_account: str) -> frozenset[str]:
        """Return the accounts that receipts from a bank account are applied to, or were before they went back."""
        payer = payer_digest(bank_account)
        if not payer:
            return frozenset()
        records = self._records.query(_payers_partition(entity), prefix=sort_key(payer, ""))
        states = (self.state(entity, record.document["receipt"]) for record in islice(records, MOST_OF_A_PAYER))
        return frozenset(state.payer_account for state in states if state.payer_account is not None)

    def used(self, entity: str, month: str) -> Iterator[ReceiptState]:
        """Yield the receipts to which something happened in a month, each once."""
        for receipt in dict.fromkeys(
            record.document["receipt"] for record in self._records.query(_uses_partition(entity, month))
        ):
            yield self.state(entity, receipt)

    def count(self, entity: str, month: str) -> int:
        """Return how many receipts were booked in a month, and how often something happened to one in it."""
        days = self._records.query(_days_partition(entity), prefix=month)
        return sum(1 for _ in days) + sum(1 for _ in self._records.query(_uses_partition(entity, month)))

    def entries(self, entity: str, account: str, currency: str = "") -> list[CashEntry]:
        """Return what receipts did to the documents of an account in one currency or in all, oldest first in each."""
        prefix = sort_key(currency, "") if currency else ""
        records = self._records.query(_cash_partition(entity, account), prefix=prefix)
        return [CashEntry.model_validate(record.document) for record in records]

    def of_account(self, entity: str, account: str) -> Iterator[ReceiptState]:
        """Yield the receipts that were at any time an account's, or were proposed to be, each once."""
        named = self._records.query(_account_partition(entity, account))
        for receipt in dict.fromkeys(record.document["receipt"] for record in named):
            yield self.state(entity, receipt)

    def use(self, state: ReceiptState, uses: Sequence[ReceiptUse], entries: Sequence[tuple[str, CashEntry]]) -> bool:
        """Add what happens to a receipt, with what that changes of accounts; False where another was faster."""
        entity, receipt = state.receipt.legal_entity, state.receipt.id
        partition = _receipt_partition(entity, receipt)
        records = [Record(Key(partition, _use_name(use.ordinal)), use.model_dump(mode="json")) for use in uses]
        records += [
            Record(
                Key(_uses_partition(entity, month_name(use.day)), sort_key(receipt, ordinal_text(use.ordinal))),
                {"receipt": receipt},
            )
            for use in uses
        ]
        records += [
            Record(
                Key(_account_partition(entity, use.account), sort_key(receipt, ordinal_text(use.ordinal))),
                {"receipt": receipt},
            )
            for use in uses
            if use.account is not None and use.kind in {UseKind.APPLIED, UseKind.PROPOSED}
        ]
        records += [
            Record(
                Key(_cash_partition(entity, account), str(BalanceKey(entry.currency, entry.ordinal))),
                entry.model_dump(mode="json"),
            )
            for account, entry in entries
        ]
        records += [
            Record(return_key(entity, state.receipt.source, use.reference, GIVEN_BACK), {"receipt": receipt})
            for use in uses
            if use.reference
        ]
        records += [
            Record(found_key(entity, use.gateway, use.payout), {"receipt": receipt}) for use in uses if use.payout
        ]
        return self._records.create_all(records)

    def given_back(self, entity: str, source: str, reference: str) -> str | None:
        """Return the receipt that was given back under a reference of its source, or None."""
        fact = self._records.get(return_key(entity, source, reference, GIVEN_BACK))
        return None if fact is None else str(fact["receipt"])

    def taken_back(self, entity: str, reference: str) -> Money | None:
        """Return what a bank took back, or we paid a customer, under our name of it; None where there is no such."""
        for record in self._records.query(return_key(entity, "", "", TAKEN_BACK).partition):
            key = FactKey.parse(record.key.sort)
            if key.fact == TAKEN_BACK and is_return_of(key, reference):
                return Money.model_validate(record.document["amount"])
        return None

    def intend(self, posting: CashPosting, *, of_month: str) -> CashPosting:
        """Write down an entry of a month before the ERP hears of it; return it as it was written first."""
        entry, document = posting.entry, posting.model_dump(mode="json")
        months = dict.fromkeys((of_month, entry.period))
        keys = [Key(_entries_partition(entry.legal_entity, month), entry.external_reference) for month in months]
        if self._records.create_all([Record(key, document) for key in keys]):
            return posting
        return CashPosting.model_validate(self._records.get(keys[0]))

    def posting(self, entity: str, month: str, reference: str) -> CashPosting | None:
        """Return an entry of a month as it was written down, or None."""
        stored = self._records.get(Key(_entries_partition(entity, month), reference))
        return None if stored is None else CashPosting.model_validate(stored)

    def intended(self, entity: str, month: str) -> Iterator[CashPosting]:
        """Yield the entries of cash that are dated in a month."""
        for record in self._records.query(_entries_partition(entity, month)):
            posting = CashPosting.model_validate(record.document)
            if posting.entry.period == month:
                yield posting


def return_key(entity: str, source: str, reference: str, fact: str) -> Key:
    """Return where a fact is about what a source took back under a reference."""
    subject = "/".join(escape(part, _SEPARATORS) for part in (source, reference))
    return Key(partition_name("returns", entity), str(FactKey(subject, fact)))


def is_return_of(key: FactKey, reference: str) -> bool:
    """Say whether a fact is about what any source calls by a reference."""
    return key.subject.endswith(f"/{escape(reference, _SEPARATORS)}")


def _receipt_partition(entity: str, receipt: str) -> str:
    return partition_name("receipt", entity, receipt)


def _days_partition(entity: str) -> str:
    return partition_name("receipts", entity)


def _payers_partition(entity: str) -> str:
    return partition_name("payer-receipts", entity)


def _cash_partition(entity: str, account: str) -> str:
    return partition_name("cash", entity, account)


def _account_partition(entity: str, account: str) -> str:
    return partition_name("account-receipts", entity, account)


def _uses_partition(entity: str, month: str) -> str:
    return partition_name("uses", entity, month)


def _entries_partition(entity: str, month: str) -> str:
    return partition_name("cash-entries", entity, month)


def _use_name(ordinal: int) -> str:
    return str(FactName(USE, ordinal_text(ordinal)))
