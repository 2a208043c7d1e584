"""To whom money goes: the debits of a bank statement whose payee is a customer.

The payee is a customer where one of these says so:

- receipts of a customer came from its bank account, or people decided that such money is a customer's;
- its name is that of an account, in full, as names of payers are compared;
- the text names a document of ours, or a receipt as we call it.

A payment to an account of our own is none. Of all other payees nothing is kept: they are suppliers, staff or offices.
"""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from billproof.errors import NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.series import DocumentNumber, SeriesKind
from billproof.payments.decision_book import payer_digest
from billproof.payments.matching.names import NameIndex, comparable_name, name_index
from billproof.payments.matching.numbers import read_numbers
from billproof.payments.model import Payer
from billproof.payments.receivables import Receivables
from billproof.payments.returns import BankReturn, bank_return, entries_that_leave
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry

LOOKED_UP_AT_ONCE = 16
_RECEIPT = re.compile(r"(?<![0-9A-Za-z])R[0-9a-f]{24}(?![0-9A-Za-z])")


@dataclass(frozen=True)
class CustomersAsPayees:
    """The customers of a legal entity, as payees."""

    receivables: Receivables

    def paid_by(self, statement: BankStatement) -> list[BankReturn]:
        """Return what a statement pays customers."""
        places = entries_that_leave(statement, MovementKind.DEBIT)
        if not places:
            return []
        _ = self._own_accounts, self._series, self._names  # read once, before threads ask side by side
        with ThreadPoolExecutor(LOOKED_UP_AT_ONCE) as pool:
            payees = list(pool.map(self._payee, (entry for _, entry in places)))
        paid = [(place, entry, *payee) for (place, entry), payee in zip(places, payees, strict=True) if any(payee)]
        ours = statement.id if paid else ""  # a digest of all of it
        entity = self.receivables.entity
        return [
            bank_return(statement, place, entry, legal_entity=entity, ours=ours).model_copy(
                update={"accounts": accounts, "receipts": receipts}
            )
            for place, entry, accounts, receipts in paid
        ]

    def _payee(self, entry: StatementEntry) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the accounts that an entry may be paid to, and the receipts that its text names."""
        bank_account = payer_digest(entry.party.account or "")
        if bank_account in self._own_accounts:
            return (), ()
        text = "\n".join(part for part in (entry.structured, entry.end_to_end, entry.remittance) if part)
        states = [self.receivables.book.find(self.receivables.entity, name) for name in set(_RECEIPT.findall(text))]
        receipts = [state for state in states if state is not None]
        accounts = {
            *(self._from(entry.party.account) if entry.party.account and bank_account else ()),
            *(self._names.named_so(comparable_name(entry.party.name)) if entry.party.name else ()),
            *self._of_documents(text),
            *(state.payer_account for state in receipts if state.payer_account is not None),
        }
        return tuple(sorted(accounts)), tuple(sorted(state.receipt.id for state in receipts))

    @cached_property
    def _own_accounts(self) -> frozenset[str]:
        entities = self.receivables.directory.legal_entities()
        named = (payer_digest(account.source) for entity in entities for account in entity.cash_accounts)
        return frozenset(filter(None, named))

    def _from(self, bank_account: str) -> Iterable[str]:
        """Return the accounts whose money came from a bank account."""
        receivables = self.receivables
        decided = receivables.remembered(Payer(account=bank_account))
        return decided | receivables.book.accounts_of_payer(receivables.entity, bank_account)

    @cached_property
    def _names(self) -> NameIndex:
        return name_index(tuple(self.receivables.names().items()))

    def _of_documents(self, text: str) -> Iterator[str]:
        """Yield the accounts of the documents that a text names."""
        if not text:
            return
        numbers = read_numbers(text, tuple(self._series))
        for number in (*numbers.referenced, *numbers.clean, *numbers.corrected):
            account = self._account_of(number)
            if account is not None:
                yield account

    @cached_property
    def _series(self) -> dict[str, SeriesKind]:
        """The series of the legal entity, by what their numbers begin with."""
        versions = self.receivables.directory.versions_of(self.receivables.entity)
        return {kind.prefix(version.number_prefix): kind for version in versions for kind in SeriesKind}

    def _account_of(self, number: str) -> str | None:
        try:
            parsed = DocumentNumber.parse(number)
        except NotFound:
            return None
        kind, entity = self._series.get(parsed.prefix), self.receivables.entity
        if kind is None:
            return None
        document = self.receivables.register.invoice_numbered(entity, parsed.year, parsed.ordinal, kind)
        return InvoiceId.parse(document).account if document else None
