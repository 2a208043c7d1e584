"""What webhooks need of the outside: a sender, a queue that delivers later, and the log of attempts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from billproof.webhooks.model import EndpointHealth, WebhookAttempt


@dataclass(frozen=True, slots=True)
class SendResult:
    """What an endpoint answered, or why there was no answer."""

    status: int | None
    error: str = ""


class WebhookSender(Protocol):
    """Sends one request."""

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> SendResult:
        """Send a body and return the status of the answer; whatever fails is a result, and raises nothing."""


class DelayedQueue(Protocol):
    """A queue that delivers each message at least once, some time later where it is told to."""

    def send(self, bodies: Iterable[str]) -> None:
        """Send all messages; raises ExternalServiceUnavailable where any was not taken."""

    def send_later(self, body: str, seconds: int) -> None:
        """Send a message that is delivered so many seconds later, at most 900."""


class DeliveryLog(Protocol):
    """The attempts to deliver, kept for some weeks, and how endpoints are."""

    def add(self, endpoint: str, attempt: WebhookAttempt) -> None:
        """Keep an attempt."""

    def attempts(self, endpoint: str, *, before: str, limit: int) -> list[WebhookAttempt]:
        """Return attempts before a place or an instant, the last one first; without one, the last ones."""

    def health(self, endpoint: str) -> EndpointHealth:
        """Return how an endpoint is."""

    def set_health(self, endpoint: str, health: EndpointHealth) -> None:
        """Keep how an endpoint is."""
