"""Sending usage events: a bounded buffer, one thread that sends batches, and tries until each event is answered.

send -> buffer (full: send waits) -> batch -> POST /v1/usage-events -> answered: accepted, or refused with its reason
                                       ^                |
                                       '--- no answer, 429, 5xx: wait, try the same batch again

An event counts once by its source and id, so a batch whose answer was lost is sent again without harm.
"""

import atexit
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
from typing import Any, Self

from billproof_client.authorizing import Authorize

Event = Mapping[str, Any]
_LOG = logging.getLogger("billproof_client")
_MOST_EVENTS, _MOST_BYTES = 1_000, 900_000
_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


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
        self._waiting: deque[tuple[Event, str]] = deque()
        self._changed = threading.Condition()
        self._wanted_now = self._closed = self._given_up = False
        self._why = "the client was closed"
        self._thread = threading.Thread(target=self._work, name="billproof-usage", daemon=True)
        self._thread.start()
        atexit.register(self._at_exit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, event: Event) -> None:
        """Hand an event over; waits while the buffer is full.

        Raises ValueError for one that is no JSON or larger than a call, and RuntimeError once the client is closed.
        """
        text = json.dumps(dict(event), ensure_ascii=False, allow_nan=False)
        if len(text.encode()) > _MOST_BYTES:
            message = f"an event of more than {_MOST_BYTES} bytes"
            raise ValueError(message)
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < self._buffer_size or self._closed)
            if self._closed:
                message = "the client is closed"
                raise RuntimeError(message)
            self._waiting.append((event, text))
            self._changed.notify_all()

    def flush(self, timeout_seconds: float | None = None) -> None:
        """Wait until every event that was handed over is answered; raises Undelivered when the time is up."""
        with self._changed:
            self._wanted_now = True
            self._changed.notify_all()
            delivered = self._changed.wait_for(lambda: not self._waiting, timeout_seconds)
            self._wanted_now = False
            if not delivered:
                raise Undelivered([event for event, _ in self._waiting], self._why)

    def close(self, timeout_seconds: float | None = None) -> None:
        """Flush and end; raises Undelivered when the time is up."""
        try:
            self.flush(timeout_seconds)
        finally:
            atexit.unregister(self._at_exit)
            with self._changed:
                self._closed = self._given_up = True
                self._changed.notify_all()

    def _at_exit(self) -> None:
        try:
            self.close(self._most_wait)
        except Undelivered as undelivered:
            _LOG.critical("%s", undelivered)

    def _work(self) -> None:
        while batch := self._next_batch():
            self._deliver(batch)
            with self._changed:
                for _ in batch:
                    self._waiting.popleft()
                self._changed.notify_all()
                if self._given_up:
                    return

    def _next_batch(self) -> list[tuple[Event, str]]:
        """Wait for a whole batch, or for what lingered long enough; it stays in the buffer until it is answered."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._given_up)
            self._changed.wait_for(lambda: len(self._waiting) >= self._batch_size or self._wanted_now, self._linger)
            batch: list[tuple[Event, str]] = []
            size = 0
            for event, text in self._waiting:
                size += len(text.encode()) + 1
                if len(batch) == self._batch_size or (batch and size > _MOST_BYTES):
                    break
                batch.append((event, text))
            return [] if self._given_up else batch

    def _deliver(self, batch: list[tuple[Event, str]]) -> None:
        """Send a batch until it is answered, waiting longer after each try; returns at once where it is given up."""
        body = f"[{','.join(text for _, text in batch)}]".encode()
        wait = 0.2
        while not self._given_up:
            status, document, retry_after = self._post(body)
            answers = document.get("events")
            if isinstance(answers, list) and len(answers) == len(batch):
                return self._tell(batch, answers)
            self._why = f"{status} {document.get('code') or document.get('detail') or ''}".strip()
            if 400 <= status < 500 and status not in _AGAIN:  # noqa: PLR2004 - what is wrong with the call stays wrong
                _LOG.error("the API refuses calls: %s", self._why)
                wait = self._most_wait
            pause = max(retry_after, wait * random.uniform(0.5, 1.0))
            with self._changed:
                self._changed.wait_for(lambda: self._given_up, pause)
            wait = min(wait * 2, self._most_wait)
        return None

    def _tell(self, batch: list[tuple[Event, str]], answers: list[Any]) -> None:
        for (event, _), answer in zip(batch, answers, strict=True):
            if answer["state"] != "accepted":
                refusal = Refusal(event, answer["code"], answer["field"], answer["detail"])
                try:
                    self._on_refused(refusal)
                except Exception:  # noqa: BLE001 - the caller's own trouble stops no other event
                    _LOG.exception("on_refused failed")

    def _post(self, body: bytes) -> tuple[int, dict[str, Any], float]:
        """Return the status, 0 without an answer, the document, and for how many seconds the API asks to wait."""
        headers = {"content-type": "application/json"}
        try:
            headers |= dict(self._authorize("POST", self._url, body))
            request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")  # noqa: S310
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310 - the caller's address
                return answer.status, json.loads(answer.read()), 0.0
        except urllib.error.HTTPError as error:
            return error.code, _document(error), _seconds(error.headers.get("retry-after"))
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch is tried again
            return 0, {"detail": f"{type(error).__name__}: {error}"}, 0.0


def _document(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        document = json.loads(error.read())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _seconds(text: str | None) -> float:
    return float(text) if text is not None and text.isdecimal() else 0.0
