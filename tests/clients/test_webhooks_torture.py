"""The webhook torture test: a real receiver over TLS that fails in every way gets each event, and is never overrun."""

import socket
import ssl
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from billproof.adapters.https import HttpsSender
from billproof.webhooks.model import PAUSES, DeliveryOutcome
from billproof.webhooks.queueing import delivery_of, queue_deliveries
from billproof.webhooks.reaching import Reach
from billproof.webhooks.signing import secret_of, signature
from tests.support import hostile_receiver as hostile
from tests.support.hostile_receiver import OK, Receiver, answers, certificate, receiving
from tests.support.webhooks import ENTITY, KEY, Hooks, event

LIMIT = 2.0
"""Seconds that a whole request may take here: enough for a handshake on a loaded machine."""
REDIRECT = b"HTTP/1.1 302 Found\r\nlocation: https://localhost/elsewhere\r\n\r\n"
FAILURES: dict[str, tuple[hostile.Behaviour, int | None]] = {
    "closes at once": (hostile.closes_at_once, None),
    "is slow": (hostile.is_slow, None),
    "drips": (hostile.drips, None),
    "loses the answer": (hostile.loses_the_answer, None),
    "500": (answers(b"HTTP/1.1 500 Oops\r\n\r\n"), 500),
    "503 with a body": (answers(b"HTTP/1.1 503 Busy\r\nretry-after: 1\r\n\r\nlater"), 503),
    "404": (answers(b"HTTP/1.1 404 Not Found\r\n\r\n"), 404),
    "redirects": (answers(REDIRECT), 302),
    "speaks no HTTP": (answers(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), None),
    "has an endless head": (answers(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 10_000), None),
    "has half a head": (answers(b"HTTP/1.1 200 OK\r\n"), None),
}
WELL: dict[str, hostile.Behaviour] = {
    "no content": answers(OK),
    "continues first": answers(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
    "a huge body": hostile.has_a_huge_body,
}


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    return certificate(tmp_path, "localhost")


@pytest.fixture
def receiver(certificates: Path) -> Iterator[Receiver]:
    with receiving(certificates) as running:
        yield running


def sender(certificates: Path, **changes: Any) -> HttpsSender:
    context = ssl.create_default_context(cafile=str(certificates))
    return HttpsSender(**{"reach": Reach(loopback=True), "seconds": LIMIT, "context": context, **changes})


def hooks(receiver: Receiver, certificates: Path) -> tuple[Hooks, str]:
    mine = Hooks(sender(certificates))
    url = f"https://localhost:{receiver.port}/hook?tenant=1"
    endpoint = mine.book.register(ENTITY, url, (), by="ops", now=mine.queue.now)
    queue_deliveries([delivery_of(event(), endpoint, mine.queue.now)], mine.queue)
    return mine, endpoint.id


@pytest.mark.long
def test_whatever_the_receiver_does_the_event_arrives_and_each_request_verifies(
    receiver: Receiver, certificates: Path
) -> None:
    mine, endpoint = hooks(receiver, certificates)
    receiver.behaviours = [behaviour for behaviour, _ in FAILURES.values()][: len(PAUSES)]
    outcomes = [result.outcome for result in mine.drain() if result.outcome is not DeliveryOutcome.WAITING]
    assert outcomes == [DeliveryOutcome.FAILED] * len(PAUSES) + [DeliveryOutcome.SENT]
    statuses = [line.status for line in mine.log.lines[endpoint]]
    assert statuses == [*[status for _, status in FAILURES.values()][: len(PAUSES)], 204]
    assert mine.log.health(endpoint).failing_since is None
    for headers, body in receiver.requests:
        signed = signature(
            secret_of(KEY, endpoint, 1), message=event().id, timestamp=int(headers["webhook-timestamp"]), body=body
        )
        assert (headers["webhook-id"], headers["webhook-signature"]) == (event().id, signed)
        assert headers["host"] == f"localhost:{receiver.port}"
        assert body == event().model_dump_json().encode()


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_is_one_within_the_limit_and_no_redirect_is_followed(
    name: str, receiver: Receiver, certificates: Path
) -> None:
    behaviour, status = FAILURES[name]
    receiver.behaviours = [behaviour]
    result = sender(certificates).post(f"https://localhost:{receiver.port}/", headers={}, body=b"{}")
    assert result.status == status
    assert bool(result.error) == (status is None)
    assert receiver.connections == 1


@pytest.mark.parametrize("name", WELL)
def test_only_the_status_of_an_answer_is_read(name: str, receiver: Receiver, certificates: Path) -> None:
    receiver.behaviours = [WELL[name]]
    result = sender(certificates).post(f"https://localhost:{receiver.port}/", headers={}, body=b"x" * 100_000)
    assert result.status in {200, 204}
    assert len(receiver.requests[0][1]) == 100_000


def test_an_answer_that_is_lost_after_the_work_brings_the_event_twice_under_one_id(
    receiver: Receiver, certificates: Path
) -> None:
    mine, _ = hooks(receiver, certificates)
    receiver.behaviours = [hostile.loses_the_answer]
    mine.drain()
    assert [headers["webhook-id"] for headers, _ in receiver.requests] == [event().id] * 2
    assert len({body for _, body in receiver.requests}) == 1


def test_a_certificate_of_another_name_and_one_that_nobody_trusts_are_refused(
    receiver: Receiver, certificates: Path, tmp_path: Path
) -> None:
    url = f"https://localhost:{receiver.port}/"
    trusting_nobody = sender(certificates, context=ssl.create_default_context())
    assert trusting_nobody.post(url, headers={}, body=b"").error == "tls: CERTIFICATE_VERIFY_FAILED"
    other = certificate(tmp_path, "other.example")
    with receiving(other) as wrong:
        result = sender(other).post(f"https://localhost:{wrong.port}/", headers={}, body=b"")
    assert result.error == "tls: CERTIFICATE_VERIFY_FAILED"
    assert receiver.requests == wrong.requests == []


def test_a_name_is_resolved_once_and_that_address_is_connected_to(receiver: Receiver, certificates: Path) -> None:
    asked_for: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked_for.append(host)
        address = "127.0.0.1" if len(asked_for) == 1 else "10.0.0.1"  # rebinding: a second answer would lead inside
        return [(2, 1, 6, "", (address, port))]

    answer = sender(certificates, resolve=resolve).post(f"https://localhost:{receiver.port}/", headers={}, body=b"")
    assert (answer.status, asked_for) == (204, ["localhost"])


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["8.8.8.8", "169.254.169.254"], ["::ffff:127.0.0.1"], []])
def test_a_name_with_an_address_that_is_not_public_is_connected_to_nowhere(
    addresses: list[str], receiver: Receiver, certificates: Path
) -> None:
    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    public_only = sender(certificates, resolve=resolve, reach=Reach())
    assert public_only.post("https://hooks.example/", headers={}, body=b"").error == "invalid_input"
    assert receiver.connections == 0


def test_a_name_that_is_resolved_slowly_on_purpose_is_over_with_the_limit(certificates: Path) -> None:
    is_over = Event()

    def resolve(*_: Any, **__: Any) -> list[Any]:
        is_over.wait(5)
        return []

    stalled = sender(certificates, resolve=resolve, seconds=0.05)
    try:
        answer = stalled.post("https://hooks.example/", headers={}, body=b"")
        assert (answer.status, answer.error) == (None, "time_out")
    finally:
        is_over.set()


def test_who_connects_slowly_has_no_time_left_for_a_handshake(certificates: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        clock = chain([0.0, 0.0, 0.0], repeat(LIMIT + 1))  # the time is over when the connection is there
        slow = sender(certificates, clock=lambda: next(clock))
        answer = slow.post(f"https://localhost:{server.getsockname()[1]}/", headers={}, body=b"")
        assert (answer.status, answer.error) == (None, "time_out")
        connection, _ = server.accept()
        with connection:
            assert connection.recv(1) == b""


def test_nobody_answers(certificates: Path) -> None:
    with receiving(certificates) as gone:
        port = gone.port
    assert (
        sender(certificates).post(f"https://localhost:{port}/", headers={}, body=b"").error == "ConnectionRefusedError"
    )
