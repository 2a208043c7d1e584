"""Which call writes: the function and its request, for the blocks of the chain."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """A function and the id of the request that it answers."""

    function: str
    request: str


OPERATOR = Origin("billproof", "")
"""The command, which a person runs."""
ORIGIN: ContextVar[Origin] = ContextVar("origin", default=OPERATOR)
