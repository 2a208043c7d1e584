"""Gateways that do not answer: the work of all others is done, and theirs is tried again."""

from collections.abc import Iterable
from typing import Protocol

from billproof.errors import ExternalServiceUnavailable


class Worked(Protocol):
    """What was done for a legal entity, and which of its gateways did not answer."""

    @property
    def legal_entity(self) -> str:
        """The legal entity."""

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The sources of gateways."""


def refuse_unanswered(entities: Iterable[Worked]) -> None:
    """Raise ExternalServiceUnavailable where gateways did not answer: what is due of them is tried again."""
    names = [f"{gateway} of {entity.legal_entity}" for entity in entities for gateway in entity.unanswered]
    if names:
        message = f"these gateways do not answer, the work of all others is done: {', '.join(names)}"
        raise ExternalServiceUnavailable(message, service="gateways")
