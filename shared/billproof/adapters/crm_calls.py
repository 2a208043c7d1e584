"""Calling the API of a CRM: JSON with exact numbers, and patience where it asks for it, up to a limit.

429 or 503 -> wait as long as Retry-After says, if that is short -> again, three times in all
              longer than that: the message goes back to its queue
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from http import HTTPStatus
from time import sleep
from typing import Any

from billproof.adapters.http_calls import HttpAnswer, Send
from billproof.errors import ExternalServiceUnavailable, Unreadable

MOST_TRIES = 3
LONGEST_WAIT_SECONDS = 5
SHORTEST_WAIT_SECONDS = 1
"""Where the CRM does not say how long."""
THROTTLED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
SUCCESS = range(200, 300)
MOST_PAGES = 10_000

type Document = dict[str, Any]
NOT_AS_DOCUMENTED = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)
"""What is raised by reading an answer that has another shape than its documentation says."""


def as_documented[**Given, Read](work: Callable[Given, Read]) -> Callable[Given, Read]:
    """Let what reads answers raise Unreadable for one that is not as documented: to ask again would change nothing."""

    @wraps(work)
    def read(*args: Given.args, **kwargs: Given.kwargs) -> Read:
        try:
            return work(*args, **kwargs)
        except NOT_AS_DOCUMENTED as error:
            message = f"an answer of the CRM is not as documented: {type(error).__name__}"
            raise Unreadable(message) from None

    return read


class CrmCalls:
    """Calls of one CRM."""

    def __init__(self, service: str, send: Send, *, wait: Callable[[float], None] = sleep) -> None:
        self.service = service
        self._send = send
        self._wait = wait

    def call(
        self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, Any]:
        """Return the status and the JSON of an answer that is neither a failure of the CRM's nor throttled.

        Raises ExternalServiceUnavailable. Numbers with a point are Decimal.
        """
        for attempt in range(1, MOST_TRIES + 1):
            answer = self._answer(method, target, headers, body)
            if answer.status not in THROTTLED:
                return answer.status, self._read(answer)
            seconds = _retry_after(answer.headers.get("retry-after", ""))
            if attempt == MOST_TRIES or seconds > LONGEST_WAIT_SECONDS:
                break
            self._wait(seconds)
        message = f"{self.service} takes no more calls for now (status {answer.status})"
        raise ExternalServiceUnavailable(message, service=self.service)

    def refuse(self, status: int) -> ExternalServiceUnavailable:
        """Return the error for an answer that no rule expects."""
        message = f"{self.service} answered with status {status}"
        return ExternalServiceUnavailable(message, service=self.service, status=f"{status}")

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        try:
            return self._send(method, target, headers=headers, body=body)
        except OSError as error:
            message = f"{self.service} did not answer: {type(error).__name__}"
            raise ExternalServiceUnavailable(message, service=self.service) from error

    def _read(self, answer: HttpAnswer) -> Any:
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise self.refuse(answer.status)
        try:
            return json.loads(answer.body, parse_float=Decimal) if answer.body else None
        except ValueError:
            raise self.refuse(answer.status) from None


def _retry_after(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else SHORTEST_WAIT_SECONDS
