"""Calling a function and waiting for its answer.

A caller that waits less than the function may take calls it again while it works, and gets the answer of the second
call, for which nothing was left to do. So it waits longer than any function runs.
"""

from dataclasses import dataclass
from typing import Any

from billproof.adapters.aws.clients import client

LONGEST_SECONDS = 900
"""How long a function may run at most: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""


@dataclass(frozen=True, slots=True)
class FunctionAnswer:
    """What a function returned, or the error that it raised, as JSON."""

    payload: bytes
    is_error: bool


def answer_of(function: str, event: bytes) -> FunctionAnswer:
    """Call a function with an event in JSON, and return its answer once it has one."""
    answer = functions().invoke(FunctionName=function, Payload=event)
    return FunctionAnswer(answer["Payload"].read(), bool(answer.get("FunctionError")))


def functions() -> Any:
    """Return the client that functions are called with."""
    return client("lambda", answer_seconds=LONGEST_SECONDS + 10)
