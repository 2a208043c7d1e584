"""The secrets of gateways: one JSON object in Secrets Manager, by legal entity and gateway.

{"skymeter-inc/cards": "whsec_...", "skymeter-europe/cards": ["whsec_old...", "whsec_new..."]}
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from billproof.errors import ExternalServiceUnavailable

KEPT = timedelta(minutes=5)
"""How long a secret is not read again: one that is replaced is known after that, without a deployment."""


class GatewaySecrets:
    """What is secret of each gateway, read when it is asked for, and again after a while."""

    def __init__(self, read: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._read = read
        self._now = now
        self._known: tuple[datetime, dict[str, tuple[str, ...]]] | None = None

    def of(self, legal_entity: str, gateway: str) -> tuple[str, ...]:
        """Return the secrets of a gateway, none where there are none; raises ExternalServiceUnavailable."""
        now = self._now()
        if self._known is None or not self._known[0] <= now < self._known[0] + KEPT:
            self._known = now, _parsed(self._read())
        return self._known[1].get(f"{legal_entity}/{gateway}", ())


def _parsed(text: str) -> dict[str, tuple[str, ...]]:
    try:
        secrets = {
            name: (value,) if isinstance(value, str) else tuple(value) for name, value in json.loads(text).items()
        }
    except (ValueError, TypeError, AttributeError):
        secrets = {"": (None,)}
    if not all(isinstance(one, str) and one.strip() for values in secrets.values() for one in values):
        message = "the secret of the gateways is no JSON object of texts, or lists of them"
        raise ExternalServiceUnavailable(message, service="secretsmanager")
    return secrets
