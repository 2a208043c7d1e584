"""Circuit breakers: a queue whose counterpart does not answer is not read until it does, and loses no message.

    a message fails three times in a row, for want of one counterpart   -> tripped: a record
    every minute    tripped  -> the consumers of its queues are switched off; messages wait, and are not received
                    rested   -> the counterpart is probed; where it answers, the consumers are switched on again

A message may be received five times. It comes back after six minutes, so that the minute until the consumers are off
costs it one of these at most. A breaker that trips again soon after it closed rests twice as long, up to half an hour.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from billproof.errors import BillproofError, ExternalServiceUnavailable
from billproof.model import Model

FAILURES = 3
"""So many messages in a row, for want of one counterpart, trip its breaker."""
SHORTEST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=30)
SOON = timedelta(minutes=15)
"""A breaker that trips so soon after it closed has not been closed for good."""

type Probe = Callable[[], None]
"""Asks a counterpart for something small; raises where it does not answer."""


class Breaker(Model):
    """What is known of a counterpart's breaker; it is open from when it tripped until it is closed."""

    service: str
    tripped_at: datetime
    retry_after: int = 0
    closed_at: datetime | None = None
    rest: timedelta = SHORTEST_REST

    @property
    def is_open(self) -> bool:
        """Say whether its queues are not to be read."""
        return self.closed_at is None or self.tripped_at > self.closed_at

    @property
    def rests_until(self) -> datetime:
        """When it is probed: after its rest, or as late as the counterpart asked for."""
        soon_again = self.closed_at is not None and self.tripped_at - self.closed_at <= SOON
        rest = self.rest if soon_again else SHORTEST_REST
        return self.tripped_at + max(rest, timedelta(seconds=self.retry_after))

    def closed(self, now: datetime) -> Self:
        """Return it as it is once it is closed: the next rest is twice as long, if it comes soon."""
        twice = min((self.rests_until - self.tripped_at) * 2, LONGEST_REST)
        return self.model_copy(update={"closed_at": now, "rest": max(twice, SHORTEST_REST)})


class Breakers(Protocol):
    """Where breakers are kept, for a day."""

    def get(self, service: str) -> Breaker | None:
        """Return the breaker of a counterpart; None where it has not tripped lately."""

    def trip(self, service: str, *, at: datetime, retry_after: int) -> None:
        """Open a breaker, or keep it open; what is known of the last time it closed stays."""

    def close(self, breaker: Breaker) -> None:
        """Keep that a breaker was closed, unless it has tripped since."""


class Consumers(Protocol):
    """What reads queues: a mapping each."""

    def switch(self, mapping: str, *, on: bool) -> bool:
        """Let a consumer be on or off; False where it is changing just now, and has to be told later.

        Raises ExternalServiceUnavailable.
        """


def wanting(error: Exception) -> Iterator[ExternalServiceUnavailable]:
    """Yield what did not answer, of an error and of those that it is made of."""
    if isinstance(error, ExceptionGroup):
        for part in error.exceptions:
            yield from wanting(part)
    elif isinstance(error, ExternalServiceUnavailable):
        cause = error.__cause__
        if "service" in error.details:
            yield error
        elif isinstance(cause, Exception):
            yield from wanting(cause)


@dataclass
class FailuresInARow:
    """How many messages of this process failed in a row for want of a counterpart; the last one trips its breaker."""

    breakers: Callable[[], Breakers]
    in_a_row: Counter[str] = field(default_factory=Counter)

    def worked(self, result: Mapping[str, Any]) -> None:
        """Begin anew: a message was taken. A posting says nothing of other ERPs, nor of its own if it asked nothing."""
        erp = result.get("erp")
        if erp is not None and result.get("outcome") not in ASKED:
            return
        for service in list(self.in_a_row):
            if erp is None or service == erp or service not in ERPS:
                del self.in_a_row[service]

    def failed(self, error: Exception, *, now: datetime) -> None:
        """Count a failure; raises ExternalServiceUnavailable where a breaker cannot be written."""
        for service, lacking in {one.details["service"].lower(): one for one in wanting(error)}.items():
            if service in QUEUES:
                self.in_a_row[service] += 1
                if self.in_a_row[service] >= FAILURES:
                    del self.in_a_row[service]
                    self.breakers().trip(service, at=now, retry_after=int(lacking.details.get("retry_after", "0")))


ERPS = frozenset({"tryton", "sap"})
ASKED = frozenset({"posted", "adopted"})
"""The outcomes of postings that an ERP was asked for."""
QUEUES: Mapping[str, tuple[str, ...]] = {
    "tryton": ("erp-postings", "payment-events"),
    "sap": ("erp-postings", "payment-events"),
    "stripe-tax": ("erp-postings",),
    "stripe": ("payment-events",),
    "salesforce": ("crm-events",),
    "hubspot": ("crm-events",),
}
"""The queues that are not read while a counterpart does not answer: ERPs, the tax engine, gateways, CRMs."""


class Watched(Model):
    """What a round found: which breakers are open, and which closed in it."""

    open: tuple[str, ...]
    closed: tuple[str, ...]


def watch(
    *,
    breakers: Breakers,
    probes: Mapping[str, Probe],
    consumers: Consumers,
    mappings: Mapping[str, str],
    now: datetime,
) -> Watched:
    """Switch the consumers of open breakers off, and on again where a counterpart answers; doing it again is harmless.

    A consumer that is off while no breaker of its queue is open was switched off by a person, and stays so. Raises
    ExternalServiceUnavailable where a breaker cannot be read, or a consumer not be switched.
    """
    known = [breaker for service in QUEUES if (breaker := breakers.get(service)) and breaker.is_open]
    closing = [breaker for breaker in known if now >= breaker.rests_until and _answers(probes.get(breaker.service))]
    still_open = [breaker.service for breaker in known if breaker not in closing]
    held = set(_queues(still_open))
    for queue in sorted(held):
        consumers.switch(mappings[queue], on=False)
    closed = []
    for breaker in closing:
        free = sorted(set(QUEUES[breaker.service]) - held)
        if all(consumers.switch(mappings[queue], on=True) for queue in free):
            breakers.close(breaker.closed(now))  # last: where this fails, the next round does both again
            closed.append(breaker.service)
        else:
            still_open.append(breaker.service)
    return Watched(open=tuple(still_open), closed=tuple(closed))


def _queues(services: Iterable[str]) -> Iterator[str]:
    for service in services:
        yield from QUEUES[service]


def _answers(probe: Probe | None) -> bool:
    """Say whether a counterpart answers; one that is not set up any more holds nothing up."""
    try:
        if probe is not None:
            probe()
    except BillproofError:
        return False
    return True
