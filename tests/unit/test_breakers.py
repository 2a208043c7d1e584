"""Circuit breakers: what trips one, what is not read while it is open, and when it closes."""

from datetime import UTC, datetime, timedelta

import pytest

from billproof.adapters.aws.faults import outside
from billproof.breakers import FAILURES, LONGEST_REST, QUEUES, Breaker, FailuresInARow, Probe, Watched, watch
from billproof.errors import ExternalServiceUnavailable, InvalidInput, PostingRejected, WorkFailed
from tests.support.breakers import MemoryBreakers, MemoryConsumers

NOON = datetime(2013, 2, 1, 12, tzinfo=UTC)
MAPPINGS = {queue: f"mapping of {queue}" for queues in QUEUES.values() for queue in queues}
MINUTE = timedelta(minutes=1)


def lacking(service: str, **details: str) -> ExternalServiceUnavailable:
    return ExternalServiceUnavailable("no answer", service=service, **details)


class Outage:
    """Breakers, consumers, and counterparts that do not answer."""

    def __init__(self) -> None:
        self.breakers = MemoryBreakers()
        self.consumers = MemoryConsumers()
        self.failures = FailuresInARow(lambda: self.breakers)
        self.down: set[str] = set()
        self.probed: list[str] = []
        self.set_up = list(QUEUES)

    def fail(self, error: Exception, times: int = FAILURES, now: datetime = NOON) -> None:
        for _ in range(times):
            self.failures.failed(error, now=now)

    def open(self) -> list[str]:
        return sorted(name for name, breaker in self.breakers.items.items() if breaker.is_open)

    def watch(self, now: datetime) -> Watched:
        def probe_of(name: str) -> Probe:
            def probe() -> None:
                self.probed.append(name)
                if name in self.down:
                    raise lacking(name)

            return probe

        probes = {name: probe_of(name) for name in self.set_up}
        return watch(breakers=self.breakers, probes=probes, consumers=self.consumers, mappings=MAPPINGS, now=now)


@pytest.fixture
def outage() -> Outage:
    return Outage()


def test_three_messages_in_a_row_trip_the_breaker_of_their_counterpart(outage: Outage) -> None:
    outage.fail(lacking("sap"), FAILURES - 1)
    outage.fail(lacking("tryton"), FAILURES - 1)
    assert outage.open() == []
    outage.fail(lacking("sap"), 1)
    assert outage.open() == ["sap"]
    assert outage.failures.in_a_row == {"tryton": FAILURES - 1}


def test_a_message_that_was_taken_begins_anew_and_one_of_an_erp_says_nothing_of_another_erp(outage: Outage) -> None:
    outage.fail(lacking("sap"), FAILURES - 1)
    outage.failures.worked({"erp": "tryton", "outcome": "posted"})
    outage.fail(lacking("sap"), 1)
    assert outage.open() == ["sap"]
    for result in ({"erp": "tryton", "outcome": "adopted"}, {"outcome": "applied"}):
        outage.fail(lacking("tryton"), FAILURES - 1)
        outage.failures.worked(result)
    outage.fail(lacking("tryton"), FAILURES - 1)
    assert outage.open() == ["sap"]
    outage.failures.worked({"erp": "tryton", "outcome": "nothing_to_post"})  # it was not asked
    outage.fail(lacking("tryton"), 1)
    assert outage.open() == ["sap", "tryton"]


@pytest.mark.parametrize(
    "error",
    [
        PostingRejected("closed", remedy="open it", service="sap"),
        ExternalServiceUnavailable("the ERP does not show R-1"),
        lacking("dynamodb"),
        lacking("secretsmanager"),
        InvalidInput("no"),
        KeyError("service"),
    ],
)
def test_what_is_refused_and_what_aws_does_not_answer_trips_nothing(outage: Outage, error: Exception) -> None:
    outage.fail(error, FAILURES * 2)
    assert outage.breakers.items == {}


def test_a_counterpart_is_named_by_whatever_wraps_its_error(outage: Outage) -> None:
    group = WorkFailed("2 of 2 failed", [lacking("Salesforce"), lacking("Salesforce"), KeyError("k")])
    wrapped = ExternalServiceUnavailable("2 of 2 failed")
    wrapped.__cause__ = group
    outage.fail(wrapped, FAILURES - 1)
    assert outage.open() == []  # two orders of a message are one message
    outage.fail(group, 1)
    assert outage.open() == ["salesforce"]


def test_while_a_breaker_is_open_its_queues_are_not_read_and_others_are(outage: Outage) -> None:
    outage.fail(lacking("sap"))
    outage.down.add("sap")
    assert outage.watch(NOON + MINUTE / 2) == Watched(open=("sap",), closed=())
    assert outage.consumers.off == {MAPPINGS["erp-postings"], MAPPINGS["payment-events"]}
    assert outage.probed == []  # it rests
    assert outage.watch(NOON + MINUTE).open == ("sap",)
    assert outage.probed == ["sap"]
    outage.down.clear()
    assert outage.watch(NOON + 2 * MINUTE) == Watched(open=(), closed=("sap",))
    assert outage.consumers.off == set()
    assert outage.watch(NOON + 3 * MINUTE) == Watched(open=(), closed=())
    assert outage.probed == ["sap", "sap"]


def test_a_queue_of_two_is_read_when_both_answer(outage: Outage) -> None:
    outage.fail(lacking("sap"))
    outage.fail(lacking("stripe-tax"))
    outage.down.add("stripe-tax")
    assert outage.watch(NOON + MINUTE) == Watched(open=("stripe-tax",), closed=("sap",))
    assert outage.consumers.off == {MAPPINGS["erp-postings"]}
    outage.down.clear()
    outage.watch(NOON + 2 * MINUTE)
    assert outage.consumers.off == set()


def test_what_a_person_switched_off_stays_off(outage: Outage) -> None:
    outage.consumers.off = {MAPPINGS["crm-events"]}
    outage.fail(lacking("sap"))
    outage.watch(NOON + MINUTE)
    assert outage.open() == []
    assert outage.consumers.off == {MAPPINGS["crm-events"]}


def test_a_counterpart_that_asks_for_a_pause_is_not_probed_before(outage: Outage) -> None:
    outage.fail(lacking("sap", retry_after="600"))
    assert outage.watch(NOON + 9 * MINUTE).open == ("sap",)
    assert outage.probed == []
    assert outage.watch(NOON + 10 * MINUTE).closed == ("sap",)


def test_one_that_is_not_set_up_any_more_holds_nothing_up(outage: Outage) -> None:
    outage.fail(lacking("sap"))
    outage.set_up.remove("sap")
    assert outage.watch(NOON + MINUTE).closed == ("sap",)


def test_a_consumer_that_is_changing_is_told_in_the_next_round(outage: Outage) -> None:
    outage.fail(lacking("hubspot"))
    outage.watch(NOON)
    outage.consumers.changing = {MAPPINGS["crm-events"]}
    assert outage.watch(NOON + MINUTE) == Watched(open=("hubspot",), closed=())
    outage.consumers.changing.clear()
    assert outage.watch(NOON + 2 * MINUTE).closed == ("hubspot",)
    assert outage.consumers.off == set()


def test_a_round_that_dies_between_switching_and_keeping_it_is_done_again(outage: Outage) -> None:
    outage.fail(lacking("sap"))
    outage.watch(NOON)

    def dies(_: Breaker) -> None:
        raise lacking("dynamodb")

    outage.breakers.close = dies  # type: ignore[method-assign,assignment]
    with pytest.raises(ExternalServiceUnavailable):
        outage.watch(NOON + MINUTE)
    del outage.breakers.close
    assert outage.watch(NOON + 2 * MINUTE).closed == ("sap",)
    assert outage.consumers.off == set()


def test_one_that_trips_soon_after_it_closed_rests_twice_as_long_up_to_half_an_hour(outage: Outage) -> None:
    now, rests = NOON, []
    for _ in range(7):
        outage.fail(lacking("sap"), now=now)
        breaker = outage.breakers.items["sap"]
        rests.append((breaker.rests_until - now) // MINUTE)
        assert outage.watch(breaker.rests_until).closed == ("sap",)
        now = breaker.rests_until + MINUTE
    assert rests == [1, 2, 4, 8, 16, 30, 30]
    outage.fail(lacking("sap"), now=now + timedelta(hours=1))
    assert outage.breakers.items["sap"].rests_until - now == timedelta(hours=1, minutes=1)
    assert timedelta(minutes=30) == LONGEST_REST


def test_errors_of_aws_are_of_other_names_than_counterparts() -> None:
    with pytest.raises(InvalidInput), outside("sqs"):
        raise InvalidInput("it is ours")
    assert not {"dynamodb", "s3", "sqs", "lambda", "secretsmanager", "events", "ses", "stepfunctions"} & set(QUEUES)
