"""What the console's server is asked, what it answers, and where its calls of the API go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ConsoleRequest:
    """A request of a browser; header names are in lower case, `target` is the path with its query."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class ConsoleAnswer:
    """What is answered: a status, headers in lower case, and the body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


type CallsApi = Callable[[ConsoleRequest, str], ConsoleAnswer]
"""Calls the API as a person."""
