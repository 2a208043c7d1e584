"""The secrets of gateways: one JSON object in Secrets Manager, by legal entity and then by gateway.

{"skymeter-inc": {"cards": "whsec_..."}, "skymeter-europe": {"cards": ["whsec_old...", "whsec_new..."]}}
"""

import json
from collections.abc import Callable
from datetime import datetime

from billproof.adapters.kept_secrets import KeptSecret
from billproof.errors import ExternalServiceUnavailable

ADDRESS = ":address"
"""What comes after a gateway's name where its secret says the address of a stand-in."""

type Secrets = dict[str, object]
"""What each legal entity's entry says: it is read when it is asked for, so a broken one is its own trouble only."""


class GatewaySecrets:
    """What is secret of each gateway."""

    def __init__(self, read: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._kept = KeptSecret(read, _parsed, now)

    def of(self, legal_entity: str, gateway: str) -> list[str]:
        """Return the secrets of a gateway, none where there are none; raises ExternalServiceUnavailable."""
        gateways = self._kept.value().get(legal_entity, {})
        if not isinstance(gateways, dict):
            raise _unreadable()
        return _texts(gateways.get(gateway, []))

    def all(self) -> list[tuple[str, str]]:
        """Return a secret of each gateway, and the address of its stand-in; raises ExternalServiceUnavailable."""
        known: list[tuple[str, str]] = []
        for entity, gateways in self._kept.value().items():
            names = [str(name) for name in gateways] if isinstance(gateways, dict) else []
            for name in (name for name in names if not name.endswith(ADDRESS)):
                addresses = [*self.of(entity, f"{name}{ADDRESS}"), ""]
                known += [(secret, addresses[0]) for secret in self.of(entity, name)[:1]]
        return known


def _parsed(text: str) -> Secrets:
    try:
        entities = json.loads(text)
    except ValueError:
        raise _unreadable() from None
    if not isinstance(entities, dict):
        raise _unreadable()
    return entities


def _texts(value: object) -> list[str]:
    """Return one text or several; what is no text, or is empty, would sign for everybody."""
    values: list[object] = value if isinstance(value, list) else [value]
    texts = [text for text in values if isinstance(text, str) and text.strip()]
    if len(texts) != len(values):
        raise _unreadable()
    return texts


def _unreadable() -> ExternalServiceUnavailable:
    message = "the secret of the gateways is not as docs/gateways.md has it"
    return ExternalServiceUnavailable(message, service="secretsmanager")
