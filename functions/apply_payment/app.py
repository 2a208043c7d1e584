"""Receipts that banks and gateways tell of: matched, applied to invoices, and booked."""

from pydantic import BaseModel

from billproof.adapters.stripe.events import partner_event
from billproof.composition import Composition
from billproof.handlers import ReceivedMessage, each_message
from billproof.payments.gateway_balance import ask_gateway, read_balance_change, take_event
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.service import apply_payment, read_payment_event


@each_message
def handler(received: ReceivedMessage, ports: Composition) -> BaseModel:
    """Do what one message asks for; what a gateway is to be asked first comes back as messages of its movements."""
    event = partner_event(received.body, ports.directory)
    if event is not None:
        return take_event(*event, events=ports.payment_events)
    change = read_balance_change(received.body)
    if change is not None:
        return ask_gateway(change, sources=ports.balance_sources())
    earlier, advices = EarlierCash(ports.cash_book), ports.advice_book
    return apply_payment(
        read_payment_event(received.body),
        sources=ports.cash_sources(),
        matcher=lambda receipt, book, rules: match(receipt, book, rules, earlier=earlier, advices=advices),
        erps=ports.erps,
    )
