"""The Python client where callers, threads and the API are at odds: no event is lost, nobody waits for ever."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import billproof_client as bc

type Answer = tuple[int, dict[str, str], Any]
SECONDS = 10.0
"""Far more than any test takes: who waits so long waits for ever."""


@contextmanager
def api(answer: Callable[[list[Any]], Answer]) -> Iterator[str]:
    """Serve calls as a function over their events answers them."""

    class Calls(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def do_GET(self) -> None:
            self._answer([])

        def _answer(self, events: list[Any]) -> None:
            status, headers, document = answer(events)
            body = json.dumps(document).encode()
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Calls)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def quick(url: str, **more: Any) -> bc.UsageClient:
    return bc.UsageClient(url, authorize=bc.bearer("t"), linger_seconds=0.01, most_wait_seconds=0.02, **more)


def answers_of(events: list[Any]) -> Answer:
    """Accept every event but those that ask to be refused."""
    states = ["refused" if event.get("refuse") else "accepted" for event in events]
    return 202, {}, {"events": [{"state": s, "code": "c", "field": None, "detail": "d"} for s in states]}


def in_time(work: Callable[[], object]) -> None:
    """Do something that must not wait for ever."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(SECONDS)
    assert not thread.is_alive(), "it waits for ever"


def test_what_on_refused_sends_is_sent_though_the_buffer_is_full() -> None:
    sent: list[Any] = []

    def answer(events: list[Any]) -> Answer:
        sent.extend(events)
        return answers_of(events)

    def send_corrected(refusal: bc.Refusal) -> None:
        usage.send({"id": f"{refusal.event['id']}-corrected"})

    with api(answer) as url:
        usage = quick(url, on_refused=send_corrected, buffer_size=2, batch_size=2)
        usage.send({"id": "1", "refuse": True})
        usage.send({"id": "2", "refuse": True})
        in_time(usage.close)
    assert [event["id"] for event in sent] == ["1", "2", "1-corrected", "2-corrected"]


@pytest.mark.parametrize("waits", [bc.UsageClient.flush, bc.UsageClient.close])
def test_on_refused_cannot_wait_for_itself(waits: Callable[[bc.UsageClient], None]) -> None:
    problems: list[str] = []

    def wait(_: bc.Refusal) -> None:
        try:
            waits(usage)
        except RuntimeError as error:
            problems.append(str(error))

    with api(answers_of) as url:
        usage = quick(url, on_refused=wait)
        usage.send({"id": "1", "refuse": True})
        in_time(usage.close)
    assert problems == ["on_refused can wait for no delivery: deliveries wait for it"]


def test_an_on_refused_that_exits_ends_no_delivery() -> None:
    def leave(_: bc.Refusal) -> None:
        raise SystemExit

    with api(answers_of) as url:
        usage = quick(url, on_refused=leave)
        usage.send({"id": "1", "refuse": True})
        in_time(usage.flush)
        usage.send({"id": "2"})
        in_time(usage.close)


def test_a_flush_waits_for_no_event_of_later() -> None:
    with api(answers_of) as url:
        usage = quick(url, batch_size=1, buffer_size=5)
        is_over = threading.Event()

        def go_on() -> None:
            while not is_over.is_set():
                usage.send({"id": "later"})

        sender = threading.Thread(target=go_on)
        sender.start()
        in_time(usage.flush)
        is_over.set()
        sender.join()
        in_time(usage.close)


def test_every_event_that_was_taken_is_answered_though_others_close_meanwhile() -> None:
    sent: list[Any] = []

    def answer(events: list[Any]) -> Answer:
        sent.extend(event["id"] for event in events)
        return answers_of(events)

    with api(answer) as url:
        for _ in range(20):
            usage = quick(url)
            taken: list[int] = []

            def go_on(usage: bc.UsageClient = usage, taken: list[int] = taken) -> None:
                try:
                    while True:
                        usage.send({"id": len(taken)})
                        taken.append(len(taken))
                except RuntimeError:
                    return

            sent.clear()
            sender = threading.Thread(target=go_on)
            sender.start()
            time.sleep(0.005)
            in_time(usage.close)
            sender.join()
            assert sent == taken


def test_a_second_close_waits_no_more() -> None:
    with api(lambda _: (503, {}, {})) as url:
        usage = quick(url)
        usage.send({"id": "1"})
        for _ in range(2):
            with pytest.raises(bc.Undelivered) as undelivered:
                usage.close(0.1)
            assert undelivered.value.events == [{"id": "1"}]
        outcomes: list[BaseException] = []

        def leave() -> None:
            try:
                usage.__exit__()
            except bc.Undelivered as error:
                outcomes.append(error)

        in_time(leave)
        assert len(outcomes) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(413, None), (422, "invalid_input")], ids=["too large", "not read as a whole"]
)
def test_one_event_that_no_call_can_have_holds_no_other_up(status: int, code: str | None) -> None:
    sent: list[Any] = []
    refusals: list[bc.Refusal] = []

    def answer(events: list[Any]) -> Answer:
        if any(event["id"] == "poison" for event in events):
            return status, {}, {"code": code, "detail": "no"}
        sent.extend(event["id"] for event in events)
        return answers_of(events)

    with api(answer) as url:
        usage = quick(url, on_refused=refusals.append, batch_size=7)
        for name in ["a", "b", "poison", "c", "d", "e", "f"]:
            usage.send({"id": name})
        in_time(usage.close)
    assert sorted(sent) == ["a", "b", "c", "d", "e", "f"]
    assert [(refusal.event["id"], refusal.code) for refusal in refusals] == [("poison", code or "payload_too_large")]


@pytest.mark.parametrize(
    "nonsense",
    [
        (202, {}, [1]),
        (202, {}, None),
        (202, {}, {"events": [7]}),
        (202, {}, {"events": []}),
        (500, {}, "x"),
        (429, {"retry-after": "9" * 400}, {}),
        (401, {}, {"message": "Unauthorized"}),
        (302, {"location": "/elsewhere"}, {}),
    ],
)
def test_an_answer_that_is_none_is_no_answer(nonsense: Answer) -> None:
    answers = iter([nonsense, nonsense])
    with api(lambda events: next(answers, None) or answers_of(events)) as url:
        usage = quick(url)
        usage.send({"id": "1"})
        in_time(usage.close)
    assert next(answers, None) is None


def test_a_token_is_brought_to_no_other_address() -> None:
    elsewhere: list[Any] = []
    with (
        api(lambda events: elsewhere.append(events) or answers_of(events)) as other,  # type: ignore[func-returns-value]
        api(lambda _: (301, {"location": other}, {})) as url,
    ):
        usage = quick(url)
        usage.send({"id": "1"})
        with pytest.raises(bc.Undelivered, match="301"):
            usage.close(0.3)
    assert elsewhere == []


def test_an_event_is_what_it_was_when_it_was_sent() -> None:
    refusals: list[bc.Refusal] = []
    with api(answers_of) as url:
        usage = quick(url, on_refused=refusals.append)
        event = {"id": "1", "refuse": True, "data": {"n": "1"}}
        usage.send(event)
        event["data"]["n"] = "2"  # type: ignore[index]
        in_time(usage.close)
    assert refusals[0].event["data"] == {"n": "1"}


@pytest.mark.parametrize("value", [{1}, object(), 1j, "\ud800", float("inf")])
def test_what_is_no_json_is_a_value_error(value: Any) -> None:
    usage = quick("http://127.0.0.1:9")
    with pytest.raises(ValueError, match="no event in JSON"):
        usage.send({"data": value})
    circle: dict[str, Any] = {}
    circle["data"] = circle
    with pytest.raises(ValueError, match="no event in JSON"):
        usage.send(circle)
    usage.close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_process_is_told_to_make_a_client_of_its_own() -> None:
    usage = quick("http://127.0.0.1:9")
    child = os.fork()
    if child == 0:
        try:
            usage.send({"id": "1"})
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
    usage.close()
