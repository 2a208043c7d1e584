"""What a person decides about a receipt: what it pays, that what it paid was wrong, or that it went back."""

from billproof.errors import InvalidInput
from billproof.ids import canonical_json
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.decisions import DecidedReceipt, NotedDecision, ReceiptDecision, ReceiptVerdict
from billproof.payments.desk import CashDecision
from billproof.payments.gateway_differences import decide_difference
from billproof.payments.model import UseKind
from billproof.payments.service import CashSources, ReceiptDecided
from billproof.ports import Queue

GIVEN_BACK = {ReceiptVerdict.RETURNED: UseKind.RETURNED, ReceiptVerdict.REFUNDED: UseKind.REFUNDED}


def decide_receipt(wanted: ReceiptDecision, *, decided_by: str, sources: CashSources, events: Queue) -> DecidedReceipt:
    """Note what a person decided, do it, and have it booked.

    Raises NotFound where there is no such receipt or legal entity, and InvalidInput for an account or a number that is
    not of the legal entity, more than is left of the receipt, more than is open of an invoice, or what is no difference
    of a gateway.
    """
    decision = CashDecision(by=decided_by, reason=wanted.reason, reference=wanted.reference)
    state = _decided(wanted, sources, decision)
    decided = ReceiptDecided(kind="decided", legal_entity=wanted.legal_entity, receipt=wanted.receipt)
    events.send([canonical_json(decided.model_dump(mode="json")).decode()])
    return decided_receipt(state)


def _decided(wanted: ReceiptDecision, sources: CashSources, decision: CashDecision) -> ReceiptState:
    desk = sources.desk(wanted.legal_entity)
    currency = sources.book.state(wanted.legal_entity, wanted.receipt).receipt.amount.currency
    _refuse_another_amount(wanted, currency, sources)
    sources.decisions.note(NotedDecision(**wanted.model_dump(), decided_by=decision.by))
    if wanted.amount is not None:
        amount = Money.of(wanted.amount, currency)
        if wanted.verdict is ReceiptVerdict.GATEWAY_DIFFERENCE:
            return decide_difference(wanted.receipt, amount, decision, desk=desk, book=sources.gateways)
        return desk.give_back(wanted.receipt, amount, GIVEN_BACK[wanted.verdict], decision)
    if wanted.account is None:
        return desk.reverse(wanted.receipt, decision)
    payments = [(paid.number, Money.of(paid.amount, currency)) for paid in wanted.pays]
    return desk.decide(wanted.receipt, account=wanted.account, payments=payments, decision=decision)


def _refuse_another_amount(wanted: ReceiptDecision, currency: str, sources: CashSources) -> None:
    """Raise InvalidInput where the bank told of another amount under the reference, in the receipt's currency."""
    at_the_bank = sources.book.taken_back(wanted.legal_entity, wanted.reference) if wanted.reference else None
    if at_the_bank is not None and at_the_bank.currency == currency and at_the_bank.amount != wanted.amount:
        message = f"the bank says {at_the_bank} of {wanted.reference}, and not {wanted.amount}"
        raise InvalidInput(message)


def decided_receipt(state: ReceiptState) -> DecidedReceipt:
    """Say where a receipt stands."""
    return DecidedReceipt(
        receipt=state.receipt.id,
        status=state.status,
        account=state.account,
        amount=state.receipt.amount,
        applied=state.applied.amount,
        unapplied=state.unapplied.amount,
    )
