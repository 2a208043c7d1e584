"""Breakers and the consumers of queues, in memory."""

from datetime import datetime

from billproof.breakers import Breaker


class MemoryBreakers:
    def __init__(self) -> None:
        self.items: dict[str, Breaker] = {}

    def get(self, service: str) -> Breaker | None:
        return self.items.get(service)

    def trip(self, service: str, *, at: datetime, retry_after: int) -> None:
        known = self.items.get(service) or Breaker(service=service, tripped_at=at)
        self.items[service] = known.model_copy(update={"tripped_at": at, "retry_after": retry_after})

    def close(self, breaker: Breaker) -> None:
        if self.items[breaker.service].tripped_at == breaker.tripped_at:
            self.items[breaker.service] = breaker


class MemoryConsumers:
    """Mappings by their ids: on unless told otherwise; `changing` are those that cannot be told now."""

    def __init__(self) -> None:
        self.off: set[str] = set()
        self.changing: set[str] = set()

    def switch(self, mapping: str, *, on: bool) -> bool:
        if mapping in self.changing:
            return False
        self.off = self.off - {mapping} if on else self.off | {mapping}
        return True
