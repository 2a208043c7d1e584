"""Stripe's webhooks: what an event says of a balance is sent on to the queue of payments."""

from typing import Any

from billproof.api.problems import answered
from billproof.api.stripe_events import receive_event
from billproof.composition import Composition, composition
from billproof.handlers import instrumented


@instrumented
def handler(event: dict[str, Any], context: Any, ports: Composition | None = None) -> dict[str, Any]:
    """Take one event whose signature is right."""
    known = ports or composition()
    return answered("receive_stripe_event", context.aws_request_id, lambda: receive_event(event, known))
