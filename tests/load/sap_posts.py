"""Postings by many threads in mock-sap while it fails: nothing is lost, nothing is posted twice. `make sap-load`.

A queue hands out messages, most once, some twice, and takes back what failed. As in the functions, one delivery of a
message is at work at a time: the idempotency record of a message refuses a second one.
"""

import argparse
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from billproof.adapters.http_calls import HttpAnswer, Send
from billproof.adapters.sap.erp import SapErp
from billproof.adapters.sap.rest import SapRest
from billproof.erp.posting import PostingOutcome
from billproof.erp.service import ensure_posted
from billproof.errors import ExternalServiceUnavailable
from billproof.money import Money
from tests.support.erp_harnesses import FEBRUARY, entry
from tests.support.mock_sap import ACCESS, mock_sap
from tests.support.sap_harness import SapHarness

TWICE = 0.1
"""The share of messages that are delivered twice."""
SCENARIOS = ("busy", "lock", "error", "expired-token", "csrf")


@dataclass
class FaultyNetwork:
    """Loses requests and answers, and lets SAP refuse, by chance: the draws of a seed."""

    inner: Send
    random: random.Random
    faults: float
    drawn: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        with self.lock:
            fault = ""
            if self.random.random() < self.faults:
                fault = self.random.choice(("request lost", "answer lost", *SCENARIOS))
                self.drawn[fault] += 1
        if fault == "request lost":
            raise ConnectionRefusedError(fault)
        named = {**headers, "sap-mock-scenario": fault} if fault in SCENARIOS else headers
        answer = self.inner(method, target, headers=named, body=body)
        if fault == "answer lost":
            raise TimeoutError(fault)
        return answer


@dataclass
class Messages:
    """The queue: a message that failed comes again, and one that is at work comes later."""

    waiting: deque[int]
    at_work: set[int] = field(default_factory=set)
    outcomes: Counter[PostingOutcome] = field(default_factory=Counter)
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> int | None:
        """Return a message that nobody works on; None where there is none left."""
        with self.lock:
            for _ in range(len(self.waiting)):
                number = self.waiting.popleft()
                if number not in self.at_work:
                    self.at_work.add(number)
                    return number
                self.waiting.append(number)
            return None

    def done(self, number: int, outcome: PostingOutcome | None) -> None:
        """Take a message off, or take it back where it failed."""
        with self.lock:
            self.at_work.discard(number)
            if outcome is None:
                self.failed += 1
                self.waiting.append(number)
            else:
                self.outcomes[outcome] += 1


@dataclass(frozen=True)
class Posted:
    """What came of a load: deliveries by their outcome, the faults that were drawn, and the documents in SAP."""

    deliveries: int
    outcomes: Counter[PostingOutcome]
    failed: int
    drawn: Counter[str]
    seconds: float
    lost: int
    doubled: int
    amount: Money
    expected: Money


def amount_of(number: int) -> Money:
    """Return what a posting is of, so that a wrong one is seen in the sum."""
    return Money.of(f"{number + 1}.25", "USD")


def post_all(posts: int, *, threads: int, seed: int, faults: float) -> Posted:
    """Post so many documents by threads, and compare what SAP holds."""
    draws = random.Random(seed)
    deliveries = [*range(posts), *draws.sample(range(posts), int(posts * TWICE))]
    draws.shuffle(deliveries)
    messages = Messages(deque(deliveries))
    with mock_sap() as sap:
        entity = SapHarness(sap).entity
        network = FaultyNetwork(sap, random.Random(seed), faults)
        rest = SapRest(ACCESS, network)
        erp = SapErp(lambda: rest, entities=entity)

        def work() -> None:
            while (number := messages.take()) is not None:
                posting = entry(f"SKY-US-2013-{number:08}", amount=amount_of(number).text)
                outcome = None
                try:
                    outcome = ensure_posted(posting, erp)[0]
                except ExternalServiceUnavailable:
                    pass  # the queue delivers it again
                finally:
                    messages.done(number, outcome)

        workers = [threading.Thread(target=work) for _ in range(threads)]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        seconds = time.perf_counter() - start
        undisturbed = SapErp(lambda: SapRest(ACCESS, sap), entities=entity)
        held = list(undisturbed.of_period("e", FEBRUARY))
    references = Counter(document.external_reference for document in held)
    return Posted(
        deliveries=len(deliveries),
        outcomes=messages.outcomes,
        failed=messages.failed,
        drawn=network.drawn,
        seconds=seconds,
        lost=posts - len(references),
        doubled=sum(times - 1 for times in references.values()),
        amount=sum((document.on("1100") for document in held), Money.zero("USD")),
        expected=sum((amount_of(number) for number in range(posts)), Money.zero("USD")),
    )


def main() -> None:
    """Post as the command line says, print what came of it, and fail where anything is lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=float, default=0.03, help="the share of requests that fail")
    given = parser.parse_args()
    result = post_all(given.posts, threads=given.threads, seed=given.seed, faults=given.faults)
    outcomes = ", ".join(f"{name} {count:,}" for name, count in sorted(result.outcomes.items()))
    drawn = ", ".join(f"{name} {count:,}" for name, count in sorted(result.drawn.items()))
    print(f"{given.posts:,} documents, {result.deliveries:,} messages, {given.threads} threads, seed {given.seed}")  # noqa: T201
    print(f"{outcomes}; {result.failed:,} deliveries failed and came again")  # noqa: T201
    print(f"faults: {drawn}")  # noqa: T201
    print(f"lost {result.lost:,}, doubled {result.doubled:,}, posted {result.amount} of {result.expected}")  # noqa: T201
    print(f"{given.posts / result.seconds:,.0f} documents a second, in {result.seconds:,.1f} seconds")  # noqa: T201
    if result.lost or result.doubled or result.amount != result.expected:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
