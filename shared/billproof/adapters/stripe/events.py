"""Events of Stripe (docs.stripe.com/api/events): which transactions of the balance are new, and nothing else of them.

An event is read by its shape, as far as that is what moves a balance: of a charge, a refund, a dispute or a payout the
ids of its balance transactions. Whatever else an event holds, such as the last digits of a card, goes no further.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from billproof.errors import InvalidInput
from billproof.masterdata.directory import Directory
from billproof.masterdata.gateways import GatewayAccount, MovementOfGateway, StripeAccount
from billproof.masterdata.parties import LegalEntity
from billproof.model import what_is_wrong
from billproof.money import Money
from billproof.payments.gateway_balance import BalanceChanged
from billproof.payments.gateway_model import GatewayMovement, GatewayTold
from billproof.periods import zone

PARTNER = "aws.partner/stripe.com/"
"""What the source of an event on a partner event bus begins with; the event destination comes after it."""
_OF_BALANCE = frozenset({"charge", "refund", "dispute", "payout"})
_TRANSACTIONS = ("balance_transaction", "failure_balance_transaction", "balance_transactions")
_RECONCILED = "completed"
_LOST = ("charge.dispute.closed", "lost")

type Parsed = Mapping[str, Any]
type StripeMessage = BalanceChanged | GatewayTold


def read_event(body: str) -> Parsed:
    """Read the body of a webhook; raises InvalidInput for one that is no event."""
    try:
        return _event(json.loads(body))
    except (ValueError, RecursionError):
        return _event(None)


def _event(event: object) -> Parsed:
    if not isinstance(event, dict) or event.get("object") != "event":
        message = "the body is no event of Stripe"
        raise InvalidInput(message)
    return event


def messages_of(event: Parsed, entity: LegalEntity, gateway: GatewayAccount) -> list[StripeMessage]:
    """Return what an event says of a gateway's balance; nothing where it is about something else.

    Raises InvalidInput for an event of another account or mode than the gateway's, and one that is not as documented.
    """
    if gateway.stripe is None:
        message = "this gateway is no account of Stripe"
        raise InvalidInput(message)
    _refuse_another(event, gateway.stripe)
    try:
        if event["data"]["object"]["object"] not in _OF_BALANCE:
            return []
        return list(_messages(event, entity, gateway))
    except ValidationError as error:
        raise InvalidInput(what_is_wrong(error)) from None
    except (KeyError, TypeError, ValueError, OverflowError, OSError, AttributeError):
        message = "this event is not as Stripe documents them"
        raise InvalidInput(message) from None


def _refuse_another(event: Parsed, stripe: StripeAccount) -> None:
    """Raise InvalidInput for an event that is not of the account, or of its other mode.

    Only events of connected accounts name theirs; those of an account itself are known by whose secret signed them.
    """
    if event.get("livemode") is not stripe.livemode:
        wanted = "live" if stripe.livemode else "test"
        message = f"the event is not of the {wanted} mode, which this gateway is"
        raise InvalidInput(message)
    if event.get("account", stripe.account) != stripe.account:
        message = "the event is of another account of Stripe than this gateway"
        raise InvalidInput(message)


def _messages(event: Parsed, entity: LegalEntity, gateway: GatewayAccount) -> Iterator[StripeMessage]:
    changed = event["data"]["object"]
    of_gateway = {"kind": "balance", "legal_entity": entity.id, "source": gateway.source}
    transactions = tuple(dict.fromkeys(_transactions(changed)))
    if transactions:
        yield BalanceChanged.model_validate({**of_gateway, "transactions": transactions})
    if changed["object"] == "payout" and changed.get("reconciliation_status") == _RECONCILED:
        yield BalanceChanged.model_validate({**of_gateway, "payout": changed["id"]})
    if (event["type"], changed.get("status")) == _LOST:
        movement = GatewayMovement(
            legal_entity=entity.id,
            source=gateway.source,
            movement=MovementOfGateway.DISPUTE_LOST,
            reference=changed["id"],
            amount=Money.zero(entity.currency),
            booked_on=datetime.fromtimestamp(event["created"], zone(entity.time_zone)).date(),
            original=changed["charge"],
        )
        yield GatewayTold(kind="gateway", movement=movement)


def _transactions(changed: Parsed) -> Iterator[str]:
    """Yield the ids of the balance transactions of an object, expanded or not."""
    for field in _TRANSACTIONS:
        value = changed.get(field)
        for one in value if isinstance(value, list) else [value]:
            name = one["id"] if isinstance(one, Mapping) else one
            if name is not None:
                yield name


def partner_event(body: str, directory: Directory) -> tuple[str, list[StripeMessage]] | None:
    """Return whose an event of Stripe's partner event bus is, and what it says; None for every other message.

    Raises InvalidInput where no gateway has that event destination, or several have, and as messages_of does.
    """
    if PARTNER not in body:
        return None
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(envelope, dict) or not str(envelope.get("source", "")).startswith(PARTNER):
        return None
    destination = envelope["source"].removeprefix(PARTNER)
    entity, gateway = _of_destination(destination, directory)
    return entity.id, messages_of(_event(envelope.get("detail")), entity, gateway)


def _of_destination(destination: str, directory: Directory) -> tuple[LegalEntity, GatewayAccount]:
    """Return the one gateway of an event destination: what several have would be booked by whichever comes first."""
    entities = map(directory.legal_entity, directory.entity_ids())
    gateways = [
        (entity, gateway)
        for entity in entities
        for gateway in entity.gateways
        if gateway.stripe is not None and gateway.stripe.event_destination == destination
    ]
    if len(gateways) != 1:
        names = ", ".join(f"{gateway.source} of {entity.id}" for entity, gateway in gateways) or "no gateway"
        have = "have" if gateways else "has"
        message = f"{names} {have} the event destination that this event came by: publish it for one gateway"
        raise InvalidInput(message)
    return gateways[0]
