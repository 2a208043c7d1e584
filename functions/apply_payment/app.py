"""Receipts that banks and gateways tell of: matched, applied to invoices, and booked."""

from billproof.composition import Composition
from billproof.handlers import ReceivedMessage, each_message
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.service import AppliedPayment, apply_payment, read_payment_event


@each_message
def handler(received: ReceivedMessage, ports: Composition) -> AppliedPayment:
    """Do what one message asks for."""
    earlier = EarlierCash(ports.cash_book)
    return apply_payment(
        read_payment_event(received.body),
        sources=ports.cash_sources(),
        matcher=lambda receipt, book, rules: match(receipt, book, rules, earlier=earlier),
        erps=ports.erps,
    )
