"""Asking a gateway what moved its balance: an event says which of its transactions are new, and what they are is read.

    event | BalanceChanged --> the gateway --> a message for each movement
                                           --> one for each transaction that is not understood, which fails by itself
                                           --> one for the next page of a payout

Every message is the same however often it is sent, so an event may come twice, late, or in any order.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import Field

from billproof.errors import InvalidInput
from billproof.ids import canonical_json
from billproof.masterdata.directory import Directory
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.names import Name
from billproof.payments.gateway_model import GatewayMovement, GatewayTold
from billproof.payments.model import ReceiptReference, ReceiptSource
from billproof.ports import Queue

MOST_TRANSACTIONS = 10
"""Of one message: an object of a gateway has three at most."""


class BalanceChanged(Model):
    """The balance of a gateway changed: by transactions, or by all that a payout settles, `after` one of them."""

    kind: Literal["balance"]
    legal_entity: Name
    source: ReceiptSource
    transactions: Annotated[tuple[ReceiptReference, ...], Field(max_length=MOST_TRANSACTIONS)] = ()
    payout: ReceiptReference | None = None
    after: ReceiptReference | None = None


class NotUnderstood(NamedTuple):
    """A transaction that is no movement of ours, and why."""

    transaction: str
    reason: str


class BalancePage(NamedTuple):
    """What a gateway said: movements, what is none, and after which transaction there is more."""

    movements: tuple[GatewayMovement, ...]
    refused: tuple[NotUnderstood, ...] = ()
    after: str | None = None


class GatewayBalances(Protocol):
    """Gateways that can be asked what moved their balance."""

    def read(self, change: BalanceChanged, entity: LegalEntity, gateway: GatewayAccount) -> BalancePage:
        """Return what a change is; raises InvalidInput for transactions that are not there.

        Raises ExternalServiceUnavailable where the gateway does not answer, or there is no key for it.
        """


@dataclass(frozen=True)
class BalanceSources:
    """What asking a gateway reads and writes."""

    directory: Directory
    events: Queue
    balances: GatewayBalances


class TakenEvent(Model):
    """What became of an event of a gateway: how many messages it is; none where it is about something else."""

    outcome: Literal["taken", "ignored"]
    legal_entity: str
    messages: int


def take_event(legal_entity: str, messages: Sequence[BalanceChanged | GatewayTold], *, events: Queue) -> TakenEvent:
    """Send what an event of a gateway comes to; again it sends the same."""
    _send(messages, events)
    return TakenEvent(outcome="taken" if messages else "ignored", legal_entity=legal_entity, messages=len(messages))


def read_balance_change(body: str) -> BalanceChanged | None:
    """Read a message of the payment-events queue; None for every other one, and ValidationError for one that is bad."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    is_change = isinstance(document, dict) and document.get("kind") == "balance"
    return BalanceChanged.model_validate(document) if is_change else None


class AskedBalance(Model):
    """How many movements a gateway told of, and how many transactions are to be looked at by themselves."""

    outcome: Literal["asked"]
    legal_entity: str
    movements: int
    set_apart: int


def ask_gateway(change: BalanceChanged, *, sources: BalanceSources) -> AskedBalance:
    """Send what a change of a gateway's balance is on; again it sends the same.

    Raises InvalidInput where the legal entity has no such gateway, or the change is one transaction that is no movement
    of ours; and as GatewayBalances does.
    """
    entity = sources.directory.legal_entity(change.legal_entity)
    page = sources.balances.read(change, entity, entity.gateway(change.source))
    is_alone = change.payout is None and len(change.transactions) == 1
    if page.refused and is_alone:
        raise InvalidInput(page.refused[0].reason, transaction=page.refused[0].transaction)
    _send(_messages(change, page), sources.events)
    return AskedBalance(
        outcome="asked", legal_entity=entity.id, movements=len(page.movements), set_apart=len(page.refused)
    )


def _send(messages: Iterable[BalanceChanged | GatewayTold], events: Queue) -> None:
    events.send(canonical_json(one.model_dump(mode="json")).decode() for one in messages)


def _messages(change: BalanceChanged, page: BalancePage) -> Iterator[GatewayTold | BalanceChanged]:
    for movement in page.movements:
        yield GatewayTold(kind="gateway", movement=movement)
    for refused in page.refused:
        yield change.model_copy(update={"transactions": (refused.transaction,), "payout": None, "after": None})
    if page.after is not None:
        yield change.model_copy(update={"after": page.after})
