"""Charging what is due to the payment method that a customer saved, where its contracts say so.

    due, not disputed, not left out | what the gateway has of it | note that it is asked | charge | a fact of it
                                      ^ asked each time: a lost answer is found there

A document has one payment at its gateway, made under the document's number. One that is declined is tried again after
each reminder of the document. One that succeeded or is on its way is never asked for again: the receipt tells the rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple, Protocol

from billproof.contracts.model import Contract
from billproof.errors import Contended, ExternalServiceUnavailable, InvalidInput
from billproof.findings import Finding
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity, PaymentMethod
from billproof.model import Model
from billproof.money import Money
from billproof.nets import Net
from billproof.payments.gateway_balance import BalanceChanged, take_event
from billproof.payments.receivables import Receivables
from billproof.periods import zone
from billproof.ports import Clock, Queue
from billproof.receivables.collection_book import CollectionBook
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.history import DocumentHistory, histories_of
from billproof.receivables.reminders import ChargeAttempt, ChargeState, CollectionFact, CollectionKind, CollectionState
from billproof.receivables.unapplied import UnappliedMoney
from billproof.retrying import attempts
from billproof.time_shares import in_shares

MOST_TIME = timedelta(minutes=12)
"""How long a call goes on; what is left is due on the next day, too, which begins with other accounts."""
MAX_ATTEMPTS = 5


class GatewayPayment(NamedTuple):
    """A payment as its gateway has it; `after` as it was asked for, `transaction` what it did to the balance so far."""

    reference: str
    amount: Money
    state: ChargeState
    after: int
    code: str = ""
    transaction: str | None = None


class PaymentOrder(NamedTuple):
    """What is charged for a document: `number` is the idempotency key of its payment, `known` names one of before.

    The payment that is known counts also where the customer has saved another method since; where none is known, those
    of `earlier_customer` do, the customer at the gateway whose method was asked for before.
    """

    number: str
    amount: Money
    method: PaymentMethod
    issued: date
    after: int
    known: str = ""
    earlier_customer: str = ""


class GatewayPayments(Protocol):
    """Gateways that charge saved payment methods. Each call raises ExternalServiceUnavailable without an answer."""

    def payment_of(self, order: PaymentOrder, entity: LegalEntity, gateway: GatewayAccount) -> GatewayPayment | None:
        """Return the payment of a document, or None; one that succeeded, or is on its way, before others."""

    def pay(
        self, order: PaymentOrder, before: GatewayPayment | None, entity: LegalEntity, gateway: GatewayAccount
    ) -> GatewayPayment:
        """Charge: anew, or what was declined before once more; raises InvalidInput for what the gateway refuses."""


@dataclass(frozen=True)
class ChargeSources:
    """What charging the customers of a legal entity reads and writes, and through whom."""

    entity: LegalEntity
    receivables: Receivables
    book: CollectionBook
    disputes: DisputeBook
    payments: GatewayPayments
    events: Queue
    clock: Clock


class ChargedCustomers(Model):
    """How many documents of a legal entity were charged, how many declined, and which gateways did not answer.

    `is_whole` says whether there was time for all accounts.
    """

    legal_entity: str
    charged: int = 0
    declined: int = 0
    unanswered: tuple[str, ...] = ()
    is_whole: bool = True


def charge_all_customers(
    entities: list[str], sources: Callable[[str], ChargeSources], clock: Clock
) -> list[ChargedCustomers]:
    """Charge what is due in each legal entity; each has its share of the time. Raises as work_apart does."""

    def work(entity: str, until: datetime) -> ChargedCustomers:
        return charge_customers(sources(entity), until=until)

    return in_shares(entities, work, clock=clock, most=MOST_TIME)


def charge_customers(sources: ChargeSources, *, until: datetime) -> ChargedCustomers:
    """Charge what is due of a legal entity's customers, and is not charged; again it charges nothing more.

    A customer that raises an error is in the net's, and the others are charged. Raises TooMuchTrouble where too many
    do.
    """
    entity, directory = sources.entity, sources.receivables.directory
    work, is_whole, net, gone_through = _Charging(sources), True, Net("charge_customers"), 0
    for account in directory.members(entity.id, first=sources.clock().toordinal()) if entity.gateways else ():
        if sources.clock() >= until:
            is_whole = False
            break
        net.catch(account, partial(work.charge_account, account), _missed)
        gone_through += 1
    net.refuse_too_much(directory.policy(entity.id).thresholds.trouble, gone_through)
    return ChargedCustomers(
        legal_entity=entity.id,
        charged=work.charged,
        declined=work.declined,
        unanswered=tuple(work.unanswered),
        is_whole=is_whole,
    )


def _missed(_finding: Finding) -> None:
    """Leave the customer out; the net has logged its error."""


class _Charging:
    """What one call does for a legal entity."""

    def __init__(self, sources: ChargeSources) -> None:
        self._sources = sources
        self._gateways = {gateway.source: gateway for gateway in sources.entity.gateways if gateway.stripe}
        self._currencies = {account.source: account.currency for account in sources.entity.cash_accounts}
        self._today = sources.clock().astimezone(zone(sources.entity.time_zone)).date()
        self.unanswered: dict[str, None] = {}
        self.charged = self.declined = 0

    def charge_account(self, account: str) -> None:
        """Charge what is due of an account, document by document."""
        known = self._sources.receivables.directory.account(account)
        method = known.payment_method if known else None
        gateway = self._gateways.get(method.gateway) if method else None
        if method is None or gateway is None or gateway.source in self.unanswered:
            return
        try:
            for order, document in self._due(account, method):
                self._charge(account, order, document, gateway)
        except ExternalServiceUnavailable:
            self.unanswered[gateway.source] = None

    def _due(self, account: str, method: PaymentMethod) -> Iterator[tuple[PaymentOrder, DocumentHistory]]:
        """Yield what is due of the documents whose contracts are charged automatically, oldest due first.

        What money of the customer that pays nothing yet may cover is left out.
        """
        contracts, receivables = AutomaticContracts(self._sources.receivables), self._sources.receivables
        state = self._sources.book.state(self._sources.entity.id, account)
        due: list[tuple[DocumentHistory, Money]] = []
        for document in histories_of(account, receivables, self._sources.disputes):
            left = document.on(self._today).open.amount - document.disputed_on(self._today).amount
            if (
                left.amount > 0
                and left.currency == self._currencies.get(method.gateway)
                and self._today >= document.due
                and contracts.charge_automatically(document)
                and not state.handed_over
                and not state.hold_on(document.released.number, self._today)
            ):
                due.append((document, left))
        unapplied = UnappliedMoney(account, receivables) if due else None
        for document, left in sorted(due, key=lambda one: (one[0].due, one[0].released.number)):
            rest = unapplied.rest_of(left) if unapplied else left
            order = _order(document, rest, method, state)
            if order is not None and rest.amount > 0:
                yield order, document

    def _charge(self, account: str, order: PaymentOrder, document: DocumentHistory, gateway: GatewayAccount) -> None:
        entity, payments = self._sources.entity, self._sources.payments
        try:
            payment = payments.payment_of(order, entity, gateway)
            if payment is None:
                order = order._replace(earlier_customer=order.method.customer)
                nothing_yet = GatewayPayment("", order.amount, ChargeState.PROCESSING, order.after)
                self._note(account, _attempt(nothing_yet, order, document, gateway))
            if payment is None or (payment.state is ChargeState.DECLINED and payment.after < order.after):
                payment = payments.pay(order, payment, entity, gateway)
        except InvalidInput as error:
            code = error.details.get("code", "") or "refused"
            payment = GatewayPayment("", order.amount, ChargeState.DECLINED, order.after, code=code)
        self._tell(payment, gateway)
        if self._note(account, _attempt(payment, order, document, gateway)):
            self.charged += payment.state is not ChargeState.DECLINED
            self.declined += payment.state is ChargeState.DECLINED

    def _note(self, account: str, attempt: ChargeAttempt) -> bool:
        """Keep what became of an attempt; False where that is known."""
        entity, book = self._sources.entity.id, self._sources.book
        for _ in attempts(MAX_ATTEMPTS):
            state = book.state(entity, account)
            if state.charge_of(attempt.number) == attempt:
                return False
            fact = CollectionFact(
                ordinal=state.next_ordinal, kind=CollectionKind.CHARGED, day=self._today, charged=attempt
            )
            if book.add(entity, account, fact):
                return True
        message = f"others kept adding facts of {account}"
        raise Contended(message)

    def _tell(self, payment: GatewayPayment, gateway: GatewayAccount) -> None:
        """Have the gateway asked what the payment did to its balance; an event of it may have done so already."""
        if payment.transaction is not None:
            entity = self._sources.entity.id
            change = BalanceChanged(
                kind="balance", legal_entity=entity, source=gateway.source, transactions=(payment.transaction,)
            )
            take_event(entity, [change], events=self._sources.events)


def _order(
    document: DocumentHistory, amount: Money, method: PaymentMethod, state: CollectionState
) -> PaymentOrder | None:
    """Return what to charge of a document, by what became of it before; None where that is not to be tried again."""
    number = document.released.number
    last, after = state.charge_of(number), state.reminded_at(number)
    if last is None:
        return PaymentOrder(number, amount, method, document.released.issue_date, after)
    is_tried = last.state is ChargeState.DECLINED and last.after >= after
    is_elsewhere = last.gateway != method.gateway
    if is_tried or last.state is ChargeState.SUCCEEDED or (is_elsewhere and last.state is ChargeState.PROCESSING):
        return None
    known, earlier_customer = ("", "") if is_elsewhere else (last.payment, last.customer)
    return PaymentOrder(number, amount, method, document.released.issue_date, after, known, earlier_customer)


def _attempt(
    payment: GatewayPayment, order: PaymentOrder, document: DocumentHistory, gateway: GatewayAccount
) -> ChargeAttempt:
    return ChargeAttempt(
        invoice=document.released.invoice,
        number=order.number,
        amount=payment.amount,
        gateway=gateway.source,
        payment=payment.reference,
        state=payment.state,
        code=payment.code,
        after=order.after,
        customer=order.earlier_customer,
    )


class AutomaticContracts:
    """What the contracts of an invoice say as they are known now: who stops being charged is not charged again."""

    def __init__(self, receivables: Receivables) -> None:
        self._directory = receivables.directory
        self._known: dict[str, dict[str, Contract]] = {}

    def charge_automatically(self, document: DocumentHistory) -> bool:
        """Say whether all contracts that an invoice bills are charged automatically; none where it bills none."""
        if document.taken:
            return False
        billed = {(line.priced.account, line.priced.explanation.contract) for line in document.document.lines}
        return bool(billed) and all(self._is_automatic(account, contract) for account, contract in billed)

    def _is_automatic(self, account: str, contract: str) -> bool:
        if account not in self._known:
            versions = sorted(self._directory.contracts(account), key=lambda version: version.version)
            self._known[account] = {version.id: version for version in versions}
        known = self._known[account].get(contract)
        return known is not None and known.charges_automatically
