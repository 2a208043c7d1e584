"""Taking receipts in, applying them, and undoing what was wrong: each is a fact that follows the ones before.

take       kept, matched, and applied where its match is sure enough; else a person is asked
decide     a person says which documents a receipt pays, or whose it is
reverse    its applications are undone, and its documents are open again
give_back  the bank took a receipt back, or it was refunded
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from billproof.approvals.policy import MatchingRules
from billproof.errors import Conflict, Contended, InvalidInput
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money, Rounding
from billproof.payments.applying import ReadAccounts
from billproof.payments.book import CashBook
from billproof.payments.cash import ReceiptState, ReceiptUse, ReceivedMoney
from billproof.payments.converting import no_rate, paid_by_a_person, paying
from billproof.payments.entries import CashAccounts
from billproof.payments.model import Allocation, CashReceipt, Match, MatchOutcome, Remembered, UseKind
from billproof.payments.ports import OpenBook
from billproof.payments.receivables import Receivables
from billproof.retrying import attempts

MAX_ATTEMPTS = 20
ONE_DAY = timedelta(days=1)
BY_A_PERSON = "decided by a person"

type Matcher = Callable[[CashReceipt, OpenBook, MatchingRules], Match]
type Plan = Callable[[ReceiptState], "Sequence[ReceiptUse] | None"]
"""Says what is to happen to a receipt as it is now; None where nothing is left to be done."""


class CashDecision(NamedTuple):
    """Who decided, and why; nobody where no person did. `reference` is the source's name of what it took back."""

    by: str = ""
    reason: str = ""
    reference: str = ""

    def is_why(self, use: ReceiptUse) -> bool:
        """Say whether a receipt went back because of this: under the same reference or, without one, for the reason."""
        return use.reference == self.reference if self.reference else use.reason == self.reason


@dataclass(frozen=True)
class CashDesk:
    """What takes receipts in for a legal entity, on a day in its time zone."""

    entity: LegalEntity
    book: CashBook
    receivables: Receivables
    exchange_rate_days: int
    today: date

    def take(self, receipt: CashReceipt, matcher: Matcher, rules: MatchingRules) -> ReceiptState:
        """Keep a receipt and apply it, or ask a person; told again it changes nothing.

        Raises InvalidInput where the legal entity has no cash account for it, it is in another currency than that, its
        day is to come, or no exchange rate converts it into the books; Conflict where its source told something else
        under its reference.
        """
        accounts = CashAccounts.of(receipt, self.entity)
        if receipt.booked_on > self.today + ONE_DAY:  # a bank may be a day ahead
            message = f"the receipt was booked on {receipt.booked_on}, which is to come"
            raise InvalidInput(message)
        if receipt.amount.currency != accounts.cash.currency:
            message = f"the cash account is in {accounts.cash.currency}, and the receipt in {receipt.amount.currency}"
            raise InvalidInput(message)
        self.book.receive(ReceivedMoney(receipt=receipt, booked=self._booked(receipt)))

        def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
            if state.uses:
                return None
            return [self._use(state, matcher(receipt, self.receivables, rules), CashDecision())]

        return self.change(receipt.id, plan)

    def match_again(self, receipt: str, matcher: Matcher, rules: MatchingRules) -> ReceiptState:
        """Match a receipt that waits for a person anew; where that says what it said before, nothing changes.

        Raises NotFound for a receipt that is not there.
        """

        def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
            if state.uses and state.proposal is None:
                return None
            match = matcher(state.receipt, self.receivables, rules)
            is_known = state.proposal is not None and state.proposal.match == match
            return None if is_known else [self._use(state, match, CashDecision())]

        return self.change(receipt, plan)

    def _booked(self, receipt: CashReceipt) -> Money:
        books = self.entity.currency
        if receipt.amount.currency == books:
            return receipt.amount
        directory, days = self.receivables.directory, self.exchange_rate_days
        rate = directory.rate(receipt.amount.currency, books, on=receipt.booked_on, days=days)
        if rate is None:
            message = f"no exchange rate from {receipt.amount.currency} to {books} holds on {receipt.booked_on}"
            raise InvalidInput(message)
        return rate.convert(receipt.amount, Rounding.HALF_UP)

    def decide(
        self, receipt: str, *, account: str, payments: Sequence[tuple[str, Money]], decision: CashDecision
    ) -> ReceiptState:
        """Apply what is left of a receipt as a person says: amounts by number, or nothing: it stays on the account.

        The same decision again changes nothing. Who paid is remembered. Raises NotFound for a receipt that is not
        there, and InvalidInput for an account of another legal entity, a number of no invoice, more than is left of the
        receipt, or more than is open of an invoice.
        """
        known = self.receivables.directory.account(account)
        if known is None or known.legal_entity != self.entity.id:
            message = f"{self.entity.id} has no such account"
            raise InvalidInput(message)

        def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
            if any(_says(use, account, payments, decision) for use in state.applications):
                return None
            match = Match(
                outcome=MatchOutcome.APPLIED,
                rule=BY_A_PERSON,
                confidence=Decimal(1),
                account=account,
                allocations=tuple(self._paying(number, amount, state) for number, amount in payments),
            )
            return [self._use(state, match, decision)]

        state = self.change(receipt, plan)
        for remembered in _remembered(state, account):
            self.receivables.decisions.remember(self.entity.id, remembered)
        return state

    def _paying(self, number: str, amount: Money, state: ReceiptState) -> Allocation:
        item = self.receivables.numbered(number)
        if item is None:
            message = f"{self.entity.id} has no invoice of that number"
            raise InvalidInput(message)
        arrived = state.receipt.amount.currency
        if arrived == item.open.currency or arrived != amount.currency:  # what is not right is refused further on
            return paid_by_a_person(item, state.receipt, amount)
        rules = self.receivables.directory.policy(self.entity.id).matching
        allocation = paying(item, state.receipt, amount, book=self.receivables, rules=rules)
        if allocation is None:
            raise InvalidInput(no_rate(state.receipt, item.open.currency))
        return allocation

    def reverse(self, receipt: str, decision: CashDecision) -> ReceiptState:
        """Undo all applications of a receipt that hold: its documents are open again, and the money pays nothing.

        What was remembered of the payer because of them is forgotten for good: from then on people decide.
        """
        state = self.change(receipt, lambda state: self._reversals(state, decision) or None)
        for use in state.uses:
            if use.kind is UseKind.REVERSED and use.account is not None:
                for remembered in _remembered(state, use.account):
                    self.receivables.decisions.forget(self.entity.id, remembered)
        return state

    def give_back(self, receipt: str, amount: Money, kind: UseKind, decision: CashDecision) -> ReceiptState:
        """Note that a receipt, or a part of it, was returned or refunded; again for the same reason changes nothing.

        What it paid is open again where less is left on the account than goes. Raises InvalidInput for more than was
        received and is not gone yet, and Conflict for another amount under the same reason, or for another receipt
        under the same reference.
        """

        def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
            same = [use.amount for use in state.uses if use.kind is kind and decision.is_why(use)]
            if any(before != amount for before in same):
                message = f"{same[0]} was {kind} for the same reason: what is another needs another reason or reference"
                raise Conflict(message)
            if same:
                return None
            rest = state.left
            self._refuse_another_receipt(state, decision)
            whole = Money.of(amount.amount, amount.currency)
            if whole.currency != rest.amount.currency or not 0 < whole.amount <= rest.amount.amount:
                message = f"{amount} cannot be {kind} of a receipt of which {rest.amount} are left"
                raise InvalidInput(message)
            is_paying = amount.amount > state.unapplied.amount.amount
            uses = self._reversals(state, decision) if is_paying else []
            return [
                *uses,
                ReceiptUse(
                    ordinal=state.next_ordinal + len(uses),
                    kind=kind,
                    day=self.today,
                    amount=amount,
                    booked=(rest if is_paying else state.unapplied).part(amount).booked,
                    decided_by=decision.by,
                    reason=decision.reason,
                    reference=decision.reference,
                ),
            ]

        return self.change(receipt, plan)

    def _refuse_another_receipt(self, state: ReceiptState, decision: CashDecision) -> None:
        """Raise Conflict where another receipt was given back under the reference of a decision.

        It is this one where somebody did the same since it was read: to write finds that out, and it is planned anew.
        """
        reference = decision.reference
        given_back = self.book.given_back(self.entity.id, state.receipt.source, reference) if reference else None
        is_since = given_back == state.receipt.id and not any(decision.is_why(use) for use in state.uses)
        if given_back is not None and not is_since:
            message = f"{given_back} was given back under the same reference: one return is of one receipt"
            raise Conflict(message)

    def _use(self, state: ReceiptState, match: Match, decision: CashDecision) -> ReceiptUse:
        """Return the use that a match leads to."""
        return ReceiptUse(
            ordinal=state.next_ordinal,
            kind=UseKind.APPLIED if match.outcome is MatchOutcome.APPLIED else UseKind.PROPOSED,
            day=self.today,
            account=match.account,
            match=match,
            decided_by=decision.by,
            reason=decision.reason,
        )

    def _reversals(self, state: ReceiptState, decision: CashDecision) -> list[ReceiptUse]:
        return [
            ReceiptUse(
                ordinal=ordinal,
                kind=UseKind.REVERSED,
                day=self.today,
                account=application.account,
                settlements=application.settlements,
                reverses=application.ordinal,
                decided_by=decision.by,
                reason=decision.reason,
            )
            for ordinal, application in enumerate(state.applications, start=state.next_ordinal)
        ]

    def change(self, receipt: str, plan: Plan) -> ReceiptState:
        """Do what a plan says of a receipt, planned anew wherever another was faster; return what came of it."""
        for attempt in attempts(MAX_ATTEMPTS):
            state = self.book.state(self.entity.id, receipt)
            uses = plan(state)
            if uses is None:
                return state
            documents = [allocation.document for use in uses for allocation in _allocations(use)]
            accounts = ReadAccounts(documents, self.receivables)
            try:
                planned = [_settled(use, state, accounts) for use in uses]
            except InvalidInput:
                if any(use.decided_by for use in uses) or attempt == MAX_ATTEMPTS:
                    raise
                continue  # another receipt paid the same document since this one was matched
            if self.book.use(state, planned, list(accounts.entries(receipt, planned))):
                return self.book.state(self.entity.id, receipt)
        message = f"others used the receipt or paid the same documents {MAX_ATTEMPTS} times in a row"
        raise Contended(message)


def _remembered(state: ReceiptState, account: str) -> list[Remembered]:
    """Say whose the money of a receipt's payer is: by its bank account or, where that is not told, by its name."""
    payer = state.receipt.payer
    if payer.account:
        return [Remembered(kind="iban", value=payer.account, account=account)]
    return [Remembered(kind="name", value=payer.name, account=account)] if payer.name else []


def _says(use: ReceiptUse, account: str, payments: Sequence[tuple[str, Money]], decision: CashDecision) -> bool:
    """Say whether an application is what a person decided: the same amounts, for the same reason."""
    if use.match is None or (use.match.rule, use.decided_by, use.reason) != (BY_A_PERSON, decision.by, decision.reason):
        return False
    return use.account == account and [(one.number, one.spent) for one in use.match.allocations] == list(payments)


def _allocations(use: ReceiptUse) -> Sequence[Allocation]:
    if use.kind is UseKind.APPLIED and use.match is not None:
        return use.match.allocations
    return [part.allocation for part in use.settlements]


def _settled(use: ReceiptUse, state: ReceiptState, accounts: ReadAccounts) -> ReceiptUse:
    """Return an application with what it settles; any other use as it is."""
    if use.kind is not UseKind.APPLIED:
        return use
    if use.account is None:
        message = "a receipt is applied to an account"
        raise InvalidInput(message)
    return use.model_copy(update={"settlements": accounts.settle(state, _allocations(use))})
