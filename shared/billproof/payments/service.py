"""What a message of the payment-events queue asks for.

    receipt     money arrived: it is taken in, matched, applied or proposed, and booked
    returned    the bank or gateway took a receipt back
    advised     a payer said what payments of its amount pay: while it waits for a person, it is matched again
    decided     a person decided about a receipt: what that comes to is booked
    gateway     a gateway told of a movement: a charge, refund, dispute, fee or payout

Every part may be repeated: a receipt is one fact, a use is told by its reason, an entry is looked up before it is
posted. A message that fails is delivered again, and ends with the dead letters.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from billproof.erp.port import Erps, erp_named
from billproof.erp.service import ensure_posted
from billproof.errors import Conflict
from billproof.invoicing.register import Register
from billproof.ledger.model import JournalEntry
from billproof.masterdata.directory import Directory
from billproof.masterdata.gateways import MovementOfGateway
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.money import Money
from billproof.names import Name
from billproof.payments.account_names import AccountNames
from billproof.payments.book import CashBook
from billproof.payments.cash import CashPosting, ReceiptState
from billproof.payments.decision_book import ReceiptDecisions
from billproof.payments.desk import CashDecision, CashDesk, Matcher
from billproof.payments.entries import entries_of, fee_entry
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.gateway_desk import GatewayDesk
from billproof.payments.gateway_model import GatewayMovement, GatewayTold
from billproof.payments.model import (
    CashReceipt,
    Channel,
    ReceiptReference,
    ReceiptSource,
    ReceiptStatus,
    UseKind,
    receipt_id,
)
from billproof.payments.payouts import Payouts, gateway_of, waits_for_payout
from billproof.payments.ports import GatewayDisputes
from billproof.payments.receivables import Receivables
from billproof.periods import Period, zone
from billproof.ports import Objects


class ReceiptArrived(Model):
    """Money arrived."""

    kind: Literal["receipt"]
    receipt: CashReceipt


class ReceiptReturned(Model):
    """A receipt, or a part of it, was taken back; `reference` is the source's own id of the return."""

    kind: Literal["returned"]
    legal_entity: Name
    channel: Channel
    source: ReceiptSource
    original: ReceiptReference
    reference: ReceiptReference
    amount: Money

    @property
    def receipt(self) -> str:
        """The id of the receipt that it takes back."""
        return receipt_id(self.legal_entity, self.channel, self.source, self.original)


class ReceiptDecided(Model):
    """A person decided about a receipt."""

    kind: Literal["decided"]
    legal_entity: Name
    receipt: str


class ReceiptAdvised(Model):
    """A remittance advice came that may be of a receipt."""

    kind: Literal["advised"]
    legal_entity: Name
    receipt: str


AnyPaymentEvent = Annotated[
    ReceiptArrived | ReceiptReturned | ReceiptDecided | ReceiptAdvised | GatewayTold, Field(discriminator="kind")
]


class PaymentOutcome(StrEnum):
    """What became of a message."""

    APPLIED = "applied"
    PROPOSED = "proposed"
    RETURNED = "returned"
    PAID_OUT = "paid_out"
    KEPT = "kept"
    """A gateway told of a fee, of a payout that is not at the bank yet, or of a charge before that came."""


class AppliedPayment(Model):
    """What became of a receipt or of what a gateway told, and how many entries that has in the books."""

    outcome: PaymentOutcome
    legal_entity: str
    id: str
    entries: int


@dataclass(frozen=True)
class CashSources:
    """What taking payments in reads and writes, at an instant."""

    book: CashBook
    decisions: ReceiptDecisions
    register: Register
    directory: Directory
    objects: Objects
    account_names: AccountNames
    gateways: GatewayBook
    disputes: GatewayDisputes
    now: datetime
    is_closed: Callable[[str, str], bool]
    """Says whether a month of a legal entity takes no entry any more."""

    def receivables(self, legal_entity: str) -> Receivables:
        """Return what is open of a legal entity."""
        return Receivables(
            entity=legal_entity,
            register=self.register,
            book=self.book,
            decisions=self.decisions,
            directory=self.directory,
            objects=self.objects,
            account_names=self.account_names,
        )

    def desk(self, legal_entity: str) -> CashDesk:
        """Return the desk of a legal entity; raises NotFound where it is not known."""
        entity = self.directory.legal_entity(legal_entity)
        return CashDesk(
            entity=entity,
            book=self.book,
            receivables=self.receivables(legal_entity),
            exchange_rate_days=self.directory.policy(legal_entity).thresholds.exchange_rate_days,
            today=self.now.astimezone(zone(entity.time_zone)).date(),
        )


def apply_payment(event: AnyPaymentEvent, *, sources: CashSources, matcher: Matcher, erps: Erps) -> AppliedPayment:
    """Do what a message asks for, and book it.

    Raises InvalidInput and NotFound for what cannot be taken in as things are, Conflict where one reference names two
    payments, and ExternalServiceUnavailable where the ERP does not answer.
    """
    if isinstance(event, GatewayTold):
        return _told(event.movement, sources=sources, matcher=matcher, erps=erps)
    if isinstance(event, ReceiptArrived):
        desk = sources.desk(event.receipt.legal_entity)
        state = _arrived(event.receipt, desk, sources, matcher)
    elif isinstance(event, ReceiptReturned):
        desk = sources.desk(event.legal_entity)
        why = CashDecision(reason=f"returned under {event.reference}", reference=event.reference)
        state = desk.give_back(event.receipt, event.amount, UseKind.RETURNED, why)
    elif isinstance(event, ReceiptAdvised):
        desk = sources.desk(event.legal_entity)
        state = _advised(event, desk, sources, matcher)
    else:
        desk = sources.desk(event.legal_entity)
        state = sources.book.state(event.legal_entity, event.receipt)
        _refuse_undecided(state, sources)
        gateway = gateway_of(state.receipt, desk.entity)
        if gateway is not None:  # what a person took back from a customer may be a payout
            state = Payouts(gateway, sources.gateways, desk).credit_arrived(state.receipt)
        charge = _charge_of(state, sources)
        if charge is not None:  # what waited for that decision goes back now
            return _told(charge, sources=sources, matcher=matcher, erps=erps)
    entries = book_receipt(state, desk.entity, sources, erps)
    return AppliedPayment(
        outcome=_outcome(state.status), legal_entity=desk.entity.id, id=state.receipt.id, entries=entries
    )


def _charge_of(state: ReceiptState, sources: CashSources) -> GatewayMovement | None:
    """Return the charge of a receipt of which a person bears what went back beyond what was paid."""
    if state.gateway_difference.amount.amount >= 0:
        return None
    receipt = state.receipt
    return sources.gateways.find(receipt.legal_entity, receipt.source, MovementOfGateway.CHARGE, receipt.reference)


def _refuse_undecided(state: ReceiptState, sources: CashSources) -> None:
    """Raise Conflict where something happened to a receipt in a person's name that nobody decided."""
    undecided = sources.decisions.undecided(state)
    if undecided:
        message = f"{state.receipt.id} was {undecided[0].kind} in the name of a person who did not decide that"
        raise Conflict(message)


def _in_open_month(entry: JournalEntry, is_closed: Callable[[str], bool]) -> JournalEntry:
    month = Period.month(entry.period)
    if not is_closed(month.name):
        return entry
    while is_closed(month.name):
        month = month.next()
    return entry.model_copy(update={"period": month.name, "document_date": month.start})


def _arrived(receipt: CashReceipt, desk: CashDesk, sources: CashSources, matcher: Matcher) -> ReceiptState:
    """Take a receipt in: what is a gateway's payout is no customer's payment."""
    rules = sources.directory.policy(receipt.legal_entity).matching
    gateway = gateway_of(receipt, desk.entity)
    if gateway is None:
        return desk.take(receipt, matcher, rules)
    desk.take(receipt, waits_for_payout, rules)
    return Payouts(gateway, sources.gateways, desk).credit_arrived(receipt)


def _advised(event: ReceiptAdvised, desk: CashDesk, sources: CashSources, matcher: Matcher) -> ReceiptState:
    """Match a receipt again that waits for a person; what is a gateway's payout is no customer's payment."""
    state = sources.book.state(event.legal_entity, event.receipt)
    if gateway_of(state.receipt, desk.entity) is not None:
        return state
    return desk.match_again(event.receipt, matcher, sources.directory.policy(event.legal_entity).matching)


def _told(movement: GatewayMovement, *, sources: CashSources, matcher: Matcher, erps: Erps) -> AppliedPayment:
    """Do what a gateway told of, and book it."""
    desk = sources.desk(movement.legal_entity)
    rules = sources.directory.policy(movement.legal_entity).matching
    gateway = GatewayDesk(desk, sources.gateways, sources.disputes, matcher, rules)
    states = gateway.take(movement)
    entries = sum(book_receipt(state, desk.entity, sources, erps) for state in states)
    if movement.movement is MovementOfGateway.FEE:
        entries = _book(fee_entry(movement.content, desk.entity), desk.entity, sources, erps)
    outcome = _outcome(states[-1].status) if states else PaymentOutcome.KEPT
    return AppliedPayment(outcome=outcome, legal_entity=desk.entity.id, id=movement.id, entries=entries)


def _outcome(status: ReceiptStatus) -> PaymentOutcome:
    if status is ReceiptStatus.RETURNED:
        return PaymentOutcome.RETURNED
    if status is ReceiptStatus.PAID_OUT:
        return PaymentOutcome.PAID_OUT
    waits = status in {ReceiptStatus.PROPOSED, ReceiptStatus.NEW}
    return PaymentOutcome.PROPOSED if waits else PaymentOutcome.APPLIED


def book_receipt(state: ReceiptState, entity: LegalEntity, sources: CashSources, erps: Erps) -> int:
    """Post every entry of a receipt that the ERP does not hold; return how many it has.

    An entry is written down before the ERP hears of it: a later chart of accounts changes none that was. One of a month
    that is closed by then is dated on the first day of the next open one.
    """
    return sum(_book(entry, entity, sources, erps) for entry in entries_of(state, entity))


def _book(entry: JournalEntry, entity: LegalEntity, sources: CashSources, erps: Erps) -> int:
    """Post an entry unless the ERP holds it; return 1, or 0 where it moves nothing."""
    if not entry.lines:
        return 0
    posting = sources.book.posting(entity.id, entry.period, entry.external_reference)
    if posting is None:
        dated = _in_open_month(entry, lambda month: sources.is_closed(entity.id, month))
        posting = sources.book.intend(CashPosting(entry=dated, erp=entity.erp), of_month=entry.period)
    ensure_posted(posting.entry, erp_named(posting.erp, erps))
    return 1


@functools.cache
def _payment_events() -> TypeAdapter[AnyPaymentEvent]:
    return TypeAdapter(AnyPaymentEvent)


def read_payment_event(body: str) -> AnyPaymentEvent:
    """Read a message of the queue; raises pydantic's ValidationError for one that does not fit."""
    return _payment_events().validate_json(body)
