"""The secrets of gateways: one JSON object in Secrets Manager, by legal entity and then by gateway.

{"skymeter-inc": {"cards": "whsec_..."}, "skymeter-europe": {"cards": ["whsec_old...", "whsec_new..."]}}
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from billproof.errors import ExternalServiceUnavailable

KEPT = timedelta(minutes=5)
"""How long a secret is not read again: one that is replaced is known after that, without a deployment."""

type Secrets = dict[str, dict[str, list[str]]]


class GatewaySecrets:
    """What is secret of each gateway, read when it is asked for, and again after a while."""

    def __init__(self, read: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._read = read
        self._now = now
        self._known: tuple[datetime, Secrets] | None = None

    def of(self, legal_entity: str, gateway: str) -> list[str]:
        """Return the secrets of a gateway, none where there are none; raises ExternalServiceUnavailable."""
        now = self._now()
        if self._known is None or not self._known[0] <= now < self._known[0] + KEPT:
            self._known = now, _parsed(self._read())
        return self._known[1].get(legal_entity, {}).get(gateway, [])


def _parsed(text: str) -> Secrets:
    try:
        return {
            entity: {gateway: _texts(value) for gateway, value in gateways.items()}
            for entity, gateways in json.loads(text).items()
        }
    except (ValueError, TypeError, AttributeError):
        message = "the secret of the gateways is not as docs/gateways.md has it"
        raise ExternalServiceUnavailable(message, service="secretsmanager") from None


def _texts(value: object) -> list[str]:
    """Return one text or several; raises TypeError for anything else: an empty key would sign for everybody."""
    values: list[object] = value if isinstance(value, list) else [value]
    texts = [text for text in values if isinstance(text, str) and text.strip()]
    if len(texts) != len(values):
        raise TypeError
    return texts
