"""Sending usage events: a bounded buffer, one thread that sends batches, and tries until each event is answered.

send -> buffer (full: send waits) -> batch -> POST /v1/usage-events -> answered: accepted, or refused with its reason
                                       ^                |
                                       |--- no answer, 429, 5xx: wait, try the same batch again
                                       '--- too large, or not read as a whole: send each half of it

An event counts once by its source and id, so a batch whose answer was lost is sent again without harm.
"""

import atexit
import http.client
import itertools
import json
import logging
import random
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Self

from billproof_client.authorizing import Authorize

Event = Mapping[str, Any]
_LOG = logging.getLogger("billproof_client")
_MOST_EVENTS, _MOST_BYTES = 1_000, 900_000
_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_FOR_ALL = 1 << 62
"""How many events are wanted now where all are."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would bring the token to another address, and no body."""

    def redirect_request(self, *_: Any) -> None:
        """Let the redirect be an answer like others."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was not accepted: the code of docs/usage-events.md, the field and what is wrong with it."""

    event: Event
    code: str
    field: str | None
    detail: str


class Undelivered(Exception):
    """Events that could not be handed over in the time that was given; `events` are they, to be kept and sent later."""

    def __init__(self, events: list[Event], why: str) -> None:
        super().__init__(f"{len(events)} events were not delivered: {why}")
        self.events = events


def _logged(refusal: Refusal) -> None:
    _LOG.error("event %s refused: %s, %s", refusal.event.get("id"), refusal.code, refusal.detail)


class UsageClient:
    """Sends usage events in the background. It is safe to use from several threads; at exit it flushes."""

    def __init__(
        self,
        url: str,
        *,
        authorize: Authorize,
        on_refused: Callable[[Refusal], None] = _logged,
        batch_size: int = 500,
        linger_seconds: float = 1.0,
        buffer_size: int = 10_000,
        timeout_seconds: float = 30.0,
        most_wait_seconds: float = 60.0,
    ) -> None:
        if not 0 < batch_size <= _MOST_EVENTS:
            message = f"a batch is 1 to {_MOST_EVENTS} events"
            raise ValueError(message)
        self._url = url.rstrip("/") + "/v1/usage-events"
        self._authorize = authorize
        self._on_refused = on_refused
        self._batch_size = batch_size
        self._linger = linger_seconds
        self._buffer_size = buffer_size
        self._timeout = timeout_seconds
        self._most_wait = most_wait_seconds
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition()
        self._handed_over = self._answered = self._wanted_now = 0
        self._closed = self._given_up = False
        self._why = "the client was closed"
        self._thread = threading.Thread(target=self._work, name="billproof-usage", daemon=True)
        self._thread.start()
        atexit.register(self._at_exit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, event: Event) -> None:
        """Hand an event over as it is now; waits while the buffer is full, except for what `on_refused` sends.

        Raises ValueError for one that is no JSON or larger than a call, and RuntimeError once the client is closed, and
        in a process that was forked since: the thread that sends is not in it.
        """
        text = _text(event)
        self._refuse_fork()
        with self._changed:
            self._changed.wait_for(lambda: self._is_worker() or self._closed or len(self._waiting) < self._buffer_size)
            if self._given_up or (self._closed and not self._is_worker()):
                message = "the client is closed"
                raise RuntimeError(message)
            self._waiting.append(text)
            self._handed_over += 1
            self._changed.notify_all()

    def flush(self, timeout_seconds: float | None = None) -> None:
        """Wait until every event that was handed over before is answered; raises Undelivered when the time is up.

        Raises RuntimeError within `on_refused`, which would wait for itself.
        """
        self._refuse_worker()
        self._refuse_fork()
        with self._changed:
            target = self._handed_over
            self._wanted_now = max(self._wanted_now, target)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answered >= target or self._given_up, timeout_seconds)
            if self._answered < target:
                missing = itertools.islice(self._waiting, target - self._answered)
                raise Undelivered([json.loads(text) for text in missing], self._why)

    def close(self, timeout_seconds: float | None = None) -> None:
        """Take no more events, wait until all are answered, and end; raises Undelivered when the time is up.

        A client that is closed already raises for what it did not deliver, and waits no more.
        """
        self._refuse_worker()
        atexit.unregister(self._at_exit)
        self._refuse_fork()
        with self._changed:
            self._closed, self._wanted_now = True, _FOR_ALL
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting or self._given_up, timeout_seconds)
            self._given_up = True
            self._changed.notify_all()
            if self._waiting:
                raise Undelivered([json.loads(text) for text in self._waiting], self._why)

    def _at_exit(self) -> None:
        if not self._thread.is_alive():
            return  # this process was forked: what waits is its parent's
        try:
            self.close(self._most_wait)
        except Undelivered as undelivered:
            _LOG.critical("%s", undelivered)

    def _is_worker(self) -> bool:
        return threading.current_thread() is self._thread

    def _refuse_worker(self) -> None:
        if self._is_worker():
            message = "on_refused can wait for no delivery: deliveries wait for it"
            raise RuntimeError(message)

    def _refuse_fork(self) -> None:
        if not self._thread.is_alive() and not self._given_up:
            message = "this process was forked since the client was made: make one in each process"
            raise RuntimeError(message)

    def _work(self) -> None:
        while batch := self._next_batch():
            is_answered = self._deliver(batch)
            with self._changed:
                if not is_answered:
                    return
                for _ in batch:
                    self._waiting.popleft()
                self._answered += len(batch)
                self._changed.notify_all()

    def _next_batch(self) -> list[str]:
        """Wait for a whole batch, or for what lingered long enough; it stays in the buffer until it is answered."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._given_up)
            self._changed.wait_for(
                lambda: len(self._waiting) >= self._batch_size or self._answered < self._wanted_now, self._linger
            )
            batch: list[str] = []
            size = 0
            for text in self._waiting:
                size += len(text.encode()) + 1
                if len(batch) == self._batch_size or (batch and size > _MOST_BYTES):
                    break
                batch.append(text)
            return [] if self._given_up else batch

    def _deliver(self, batch: list[str]) -> bool:
        """Send a batch until it is answered, waiting longer after each try; return False where it is given up."""
        body = f"[{','.join(batch)}]".encode()
        wait = 0.2
        while not self._given_up:
            status, document, retry_after = self._post(body)
            answers = _answers(document, len(batch))
            if answers is not None:
                self._tell(batch, answers)
                return True
            self._why = f"{status} {document.get('code') or document.get('detail') or ''}".strip()
            if _is_of_the_events(status, document):
                return self._divide(batch, document)
            if 300 <= status < 500 and status not in _AGAIN:  # noqa: PLR2004 - what is wrong with the call stays wrong
                _LOG.error("the API refuses calls: %s", self._why)
                wait = self._most_wait
            pause = max(min(retry_after, self._most_wait), wait * random.uniform(0.5, 1.0))
            with self._changed:
                self._changed.wait_for(lambda: self._given_up, pause)
            wait = min(wait * 2, self._most_wait)
        return False

    def _divide(self, batch: list[str], document: dict[str, Any]) -> bool:
        """Send the halves of a batch that was refused as a whole; one event alone is refused for that reason."""
        if len(batch) > 1:
            half = len(batch) // 2
            return self._deliver(batch[:half]) and self._deliver(batch[half:])
        code, detail = document.get("code") or "payload_too_large", document.get("detail") or self._why
        self._tell(batch, [{"state": "refused", "code": code, "detail": detail}])
        return True

    def _tell(self, batch: list[str], answers: list[dict[str, Any]]) -> None:
        for text, answer in zip(batch, answers, strict=True):
            if answer.get("state") != "accepted":
                code, detail = str(answer.get("code")), str(answer.get("detail"))
                try:
                    self._on_refused(Refusal(json.loads(text), code, answer.get("field"), detail))
                except BaseException:  # noqa: BLE001 - the caller's own trouble stops no other event, nor the thread
                    _LOG.exception("on_refused failed")

    def _post(self, body: bytes) -> tuple[int, dict[str, Any], float]:
        """Return the status, 0 without an answer, the document, and for how many seconds the API asks to wait."""
        headers = {"content-type": "application/json"}
        try:
            headers |= dict(self._authorize("POST", self._url, body))
            request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")  # noqa: S310 - ours to call
            with self._opener.open(request, timeout=self._timeout) as answer:
                return answer.status, _document(answer), 0.0
        except urllib.error.HTTPError as error:
            return error.code, _document(error), _seconds(error.headers.get("retry-after"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch is tried again
            return 0, {"detail": f"{type(error).__name__}: {error}"}, 0.0


def _text(event: Event) -> str:
    """Return an event as JSON; raises ValueError."""
    try:
        text = json.dumps(dict(event), ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (RecursionError, TypeError, ValueError) as error:
        message = f"this is no event in JSON: {error}"
        raise ValueError(message) from error
    if size > _MOST_BYTES:
        message = f"an event of more than {_MOST_BYTES} bytes"
        raise ValueError(message)
    return text


def _answers(document: dict[str, Any], events: int) -> list[dict[str, Any]] | None:
    """Return the answers of so many events, or None where the document does not have them."""
    answers = document.get("events")
    if not isinstance(answers, list) or len(answers) != events:
        return None
    return answers if all(isinstance(answer, dict) for answer in answers) else None


def _is_of_the_events(status: int, document: dict[str, Any]) -> bool:
    """Say whether a call was refused for what its events are, so that others of them may be taken."""
    is_unread = status == HTTPStatus.UNPROCESSABLE_ENTITY and document.get("code") == "invalid_input"
    return is_unread or status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def _document(answer: IO[bytes]) -> dict[str, Any]:
    try:
        document = json.loads(answer.read())
    except (OSError, RecursionError, ValueError, http.client.HTTPException):
        return {}
    return document if isinstance(document, dict) else {}


def _seconds(text: str | None) -> float:
    return float(text) if text is not None and text.isdecimal() else 0.0
