"""Webhooks: what is registered, what is sent when, how secrets are rotated, and when an endpoint is given up."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from billproof.errors import Conflict, ExternalServiceUnavailable, InvalidInput, NotFound
from billproof.ports import Key, Record
from billproof.webhooks.delivering import deliver
from billproof.webhooks.endpoints import MOST_ENDPOINTS, EndpointBook
from billproof.webhooks.model import OVERLAP, PAUSES, DeliveryOutcome, WebhookEndpoint
from billproof.webhooks.queueing import WebhookSink, delivery_of, queue_deliveries
from billproof.webhooks.reaching import Reach
from billproof.webhooks.signing import secret_of, signature
from tests.support.fakes import MemoryRecords
from tests.support.webhooks import ENTITY, KEY, START, URL, Hooks, MemoryDelayedQueue, ScriptedSender, event

SENT, FAILED, GIVEN_UP = DeliveryOutcome.SENT, DeliveryOutcome.FAILED, DeliveryOutcome.GIVEN_UP


def registered(*statuses: int | None, types: tuple[str, ...] = ()) -> tuple[Hooks, WebhookEndpoint]:
    """An endpoint, and an event on its way to it."""
    hooks = Hooks(ScriptedSender(*statuses))
    endpoint = hooks.book.register(ENTITY, URL, types, by="ops", now=START)
    queue_deliveries([delivery_of(event(), endpoint, START)], hooks.queue)
    return hooks, endpoint


def attempts(hooks: Hooks, endpoint: WebhookEndpoint) -> list[DeliveryOutcome]:
    return [line.outcome for line in hooks.log.lines[endpoint.id]]


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of the specification (standard-webhooks, libraries/python/tests)."""
    secret, message, timestamp = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, message=message, timestamp=timestamp, body=body) == expected


def test_what_fails_is_tried_again_after_longer_and_longer_pauses_for_three_days_and_given_up() -> None:
    hooks, endpoint = registered(500)
    results = hooks.drain()
    lines = hooks.log.lines[endpoint.id]
    assert [line.outcome for line in lines] == [FAILED] * len(PAUSES) + [GIVEN_UP]
    assert [line.attempt for line in lines] == list(range(1, len(PAUSES) + 2))
    assert hooks.queue.now - START == sum(PAUSES, timedelta())
    assert timedelta(hours=71) < sum(PAUSES, timedelta()) < timedelta(hours=73)
    assert hooks.queue.longest == 900
    assert len(hooks.dead.bodies) == 1
    assert [result.is_disabled_now for result in results if result.outcome is GIVEN_UP] == [True]


def test_an_endpoint_that_took_nothing_for_three_days_is_disabled_until_somebody_enables_it() -> None:
    hooks, endpoint = registered(None)
    hooks.drain()
    assert hooks.log.health(endpoint.id).is_disabled(endpoint)
    queue_deliveries([delivery_of(event(2), endpoint, hooks.queue.now)], hooks.queue)
    assert hooks.deliver_next().outcome is DeliveryOutcome.DISABLED
    sent = len(hooks.sender.sent)  # type: ignore[attr-defined]
    enabled = hooks.book.enable(endpoint, by="ops", now=hooks.queue.now + timedelta(seconds=1))
    hooks.sender = ScriptedSender(200)
    queue_deliveries([delivery_of(event(3), enabled, hooks.queue.now)], hooks.queue)
    assert hooks.deliver_next().outcome is SENT
    assert (sent, hooks.log.health(endpoint.id).failing_since) == (len(PAUSES) + 1, None)


def test_an_endpoint_that_takes_other_events_is_not_disabled_by_one_that_it_refuses() -> None:
    hooks, endpoint = registered(500)
    while hooks.queue.now - START < timedelta(days=2):
        hooks.deliver_next()
    poison, hooks.sender = hooks.sender, ScriptedSender(200)
    queue_deliveries([delivery_of(event(2), endpoint, hooks.queue.now)], hooks.queue)
    waiting = len(hooks.queue.waiting)
    hooks.queue.waiting.sort(key=lambda message: "_2_" not in message[1])
    first = hooks.queue.waiting.pop(0)
    rest, hooks.queue.waiting = hooks.queue.waiting, [first]
    assert hooks.deliver_next().outcome is SENT
    hooks.sender, hooks.queue.waiting = poison, rest
    hooks.drain()
    assert (waiting, attempts(hooks, endpoint)[-1]) == (2, GIVEN_UP)
    assert not hooks.log.health(endpoint.id).is_disabled(endpoint)


def test_an_endpoint_that_is_gone_is_disabled_at_once() -> None:
    hooks, endpoint = registered(410)
    (result,) = hooks.drain()
    assert (result.outcome, result.is_disabled_now) == (GIVEN_UP, True)
    assert hooks.log.health(endpoint.id).is_disabled(endpoint)


def test_an_endpoint_is_disabled_when_its_dead_letter_lies_there_and_not_before() -> None:
    hooks, endpoint = registered(410)
    hooks.dead.is_down = True
    message = hooks.queue.take()
    with pytest.raises(ExternalServiceUnavailable):
        deliver(message, hooks.ports, hooks.queue.now)
    hooks.dead.is_down = False
    result = deliver(message, hooks.ports, hooks.queue.now)  # the queue delivers it again
    assert (result.outcome, result.is_disabled_now, len(hooks.dead.bodies)) == (GIVEN_UP, True, 1)
    assert hooks.log.health(endpoint.id).is_disabled(endpoint)


def test_who_enables_an_endpoint_gives_it_three_days_again() -> None:
    hooks, endpoint = registered(None)
    hooks.drain()
    enabled = hooks.book.enable(endpoint, by="ops", now=hooks.queue.now + timedelta(seconds=1))
    assert hooks.log.health(enabled.id).failing_of(enabled) is None
    at = hooks.queue.now + timedelta(minutes=1)
    last = delivery_of(event(2), enabled, at).model_copy(update={"attempt": len(PAUSES) + 1})
    result = deliver(last, hooks.ports, at)
    assert (result.outcome, result.is_disabled_now) == (GIVEN_UP, False)


def test_after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_only() -> None:
    hooks, endpoint = registered(200)
    rotated = hooks.book.rotate(endpoint, 2, by="ops", now=START)
    assert hooks.book.rotate(rotated, 2, by="ops", now=START) == rotated
    for wrong in (1, 4):
        with pytest.raises(Conflict):
            hooks.book.rotate(rotated, wrong, by="ops", now=START)
    hooks.drain()
    hooks.queue.now = START + OVERLAP
    queue_deliveries([delivery_of(event(2), rotated, hooks.queue.now)], hooks.queue)
    hooks.drain()
    for (_, headers, body), generations in zip(hooks.sender.sent, [(2, 1), (2,)], strict=True):  # type: ignore[attr-defined]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        keys = [base64.b64decode(secret_of(KEY, endpoint.id, number).removeprefix("whsec_")) for number in generations]
        macs = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
        assert headers["webhook-signature"] == " ".join(f"v1,{mac}" for mac in macs)


def test_registering_again_is_the_same_endpoint_and_other_types_are_another_version() -> None:
    book = EndpointBook(MemoryRecords())
    first = book.register(ENTITY, URL, (), by="ops", now=START)
    assert book.register(ENTITY, URL, (), by="another", now=START + OVERLAP) == first
    second = book.register(ENTITY, URL, ("billproof.run.closed.v1",), by="ops", now=START)
    assert (second.id, second.ordinal, second.generation) == (first.id, 2, 1)
    book.remove(second, by="ops", now=START)
    assert book.of_entity(ENTITY) == []
    with pytest.raises(NotFound):
        book.get([ENTITY], first.id)
    assert book.register(ENTITY, URL, (), by="ops", now=START).generation == 2
    with pytest.raises(Conflict):
        book.enable(first, by="ops", now=START)


def test_a_legal_entity_has_so_many_endpoints_and_no_more() -> None:
    book = EndpointBook(MemoryRecords())
    for number in range(MOST_ENDPOINTS):
        book.register(ENTITY, f"{URL}/{number}", (), by="ops", now=START)
    with pytest.raises(Conflict):
        book.register(ENTITY, URL, (), by="ops", now=START)
    book.register(ENTITY, f"{URL}/0", ("billproof.run.closed.v1",), by="ops", now=START)


def test_of_two_who_register_the_last_endpoint_at_once_one_is_refused() -> None:
    records = MemoryRecords()
    book = EndpointBook(records)
    for number in range(MOST_ENDPOINTS - 1):
        book.register(ENTITY, f"{URL}/{number}", (), by="ops", now=START)

    def meanwhile(_records: object) -> None:
        records.before_write = lambda _records: None
        book.register(ENTITY, f"{URL}/another", (), by="ops", now=START)

    records.before_write = meanwhile
    with pytest.raises(Conflict, match="50 webhook endpoints already"):
        book.register(ENTITY, f"{URL}/last", (), by="ops", now=START)
    assert len(book.of_entity(ENTITY)) == MOST_ENDPOINTS


def test_the_millionth_version_of_an_endpoint_is_its_last_one() -> None:
    records = MemoryRecords()
    book = EndpointBook(records)
    first = book.register(ENTITY, URL, (), by="ops", now=START)
    (record,) = (record for record in records.all() if record.key.partition == f"webhooks#{ENTITY}")
    for ordinal in (999_998, 999_999):
        key = Key(record.key.partition, f"{first.id}#{ordinal}")
        records.create(Record(key, {**record.document, "ordinal": ordinal}))
    for types in (("billproof.run.closed.v1",), ()):
        book.register(ENTITY, URL, types, by="ops", now=START)
    assert (book.get([ENTITY], first.id).ordinal, book.get([ENTITY], first.id).types) == (1_000_001, ())


def test_an_event_is_queued_for_the_endpoints_of_its_legal_entity_that_want_it() -> None:
    book, queue = EndpointBook(MemoryRecords()), MemoryDelayedQueue()
    everything = book.register(ENTITY, URL, (), by="ops", now=START)
    closings = book.register(ENTITY, f"{URL}/2", ("billproof.run.closed.v1",), by="ops", now=START)
    book.register("another", URL, (), by="ops", now=START)
    sink = WebhookSink(book, queue, lambda: START)
    sink.publish([event(1), event(2, "billproof.run.closed.v1"), event(3, entity="nobody")])
    queued = [json.loads(body) for _, body in queue.waiting]
    assert [(item["endpoint"], item["event"]["id"][-5]) for item in queued] == [
        *((endpoint, "1") for endpoint in sorted([everything.id])),
        *((endpoint, "2") for endpoint in sorted([everything.id, closings.id])),
    ]
    book.remove(everything, by="ops", now=START)
    sink.publish([event(4)])
    book.register(ENTITY, URL, (), by="ops", now=START)
    sink.publish([event(5)])
    assert [json.loads(body)["event"]["id"][-5] for _, body in queue.waiting[3:]] == ["5"]


def test_nothing_is_sent_to_an_endpoint_that_was_removed_meanwhile() -> None:
    hooks, endpoint = registered(200)
    hooks.book.remove(endpoint, by="ops", now=START)
    assert [result.outcome for result in hooks.drain()] == [DeliveryOutcome.REMOVED]
    assert hooks.sender.sent == []  # type: ignore[attr-defined]


PRIVATE = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),  # noqa: S104 - refused
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1"),
    *("fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1", "localhost", "", "0x7f000001", "2130706433"),
    *("fec0::1", "3fff::1", "192.88.99.1", "::ffff:0:10.0.0.1", "5f00::1", "4000::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_but_a_public_one_is_reached(address: str) -> None:
    assert not Reach().allows(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "::ffff:8.8.8.8", "2606:4700:4700::1111"])
def test_a_public_address_is_reached(address: str) -> None:
    assert Reach().allows(address)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "169.254.169.254", "127.1", "0x7f000001", "2130706433", "[::1]", "[fd00::1]"]
)
def test_who_registers_an_address_that_is_not_public_is_told_at_once(host: str) -> None:
    with pytest.raises(InvalidInput, match="public address"):
        Reach().checked(f"https://{host}/hook")
    for public in ("https://8.8.8.8/", "https://[2606:4700:4700::1111]/", "https://10.0.0.1.example/"):
        assert Reach().checked(public).hostname


def test_loopback_and_nothing_else_is_reached_where_aws_is_an_emulator_on_this_machine() -> None:
    for endpoint, allowed in [
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("", False),
        ("https://dynamodb.eu-central-1.amazonaws.com", False),
        ("http://127.0.0.1.example", False),
    ]:
        reach = Reach.of({"AWS_ENDPOINT_URL": endpoint})
        assert reach.allows("127.0.0.1") is reach.allows("::ffff:127.0.0.1") is allowed
        assert not reach.allows("10.0.0.1")
        assert not reach.allows("169.254.169.254")


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example/", "ftp://hooks.example/", "hooks.example", "https:///x", "https://", ""),
        *("https://user@hooks.example/", "https://a:b@hooks.example/", "https://hooks.example/#x", "//hooks.example"),
        *("https://hooks.example:0/", "https://hooks.example:99999/", "https://hooks.example/a b", "https://[::1/"),
        *("https://hooks.example/\r\nx: y", "https://hooks.exämple/", "https://hooks.example/" + "x" * 2_000),
    ],
)
def test_what_is_no_public_https_address_is_no_endpoint(url: str) -> None:
    with pytest.raises(InvalidInput):
        Reach().checked(url)
    with pytest.raises(InvalidInput):
        Reach(loopback=True).checked(url)
    assert Reach(loopback=True).checked("http://127.0.0.1:8080/x").port == 8080
