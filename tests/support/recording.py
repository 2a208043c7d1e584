"""Which calls each function makes of AWS, and which variables of its environment it reads."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from billproof.adapters.aws.clients import client, session
from billproof.handlers import logger
from tests.support.permissions import Permission, needed


@dataclass
class Recording:
    """What was needed and read, by function, and every log line; calls outside a function are nobody's."""

    function: str | None = None
    needs: defaultdict[str, set[Permission]] = field(default_factory=lambda: defaultdict(set))
    reads: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    results: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    logs: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        _forget_clients()
        session().get_component("event_emitter").register("provide-client-params", self._note)
        self._handler = _Lines(self.logs)
        logging.getLogger("billproof").addHandler(self._handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger("billproof").removeHandler(self._handler)
        _forget_clients()

    def environment(self, function: str, values: Mapping[str, str]) -> Mapping[str, str]:
        """Return a function's environment, which notes what is read of it."""
        return _Environment(values, self.reads[function])

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self.function is not None:
            self.needs[self.function] |= set(needed(model.service_model.service_name, model.name, params))


def _forget_clients() -> None:
    session.cache_clear()
    client.cache_clear()


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines
        self.setFormatter(logger.registered_formatter)

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


class _Environment(Mapping[str, str]):
    def __init__(self, values: Mapping[str, str], read: set[str]) -> None:
        self._values, self._read = values, read

    def __getitem__(self, name: str) -> str:
        self._read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
