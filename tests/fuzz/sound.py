"""Hooks of schemathesis: chains of requests begin with sound values, so that there are answers to go on from.

What it draws names accounts, months and pages that there are none of, and nearly every chain would end with its first
answer. Seven of eight requests take what no answer has said from the examples of the OpenAPI document.
"""

import json
import zlib
from collections.abc import Iterator
from typing import Any

import schemathesis  # type: ignore[import-not-found,unused-ignore]  # it is in an environment of its own

LEFT_AS_DRAWN = {"signOffMonth"}
"""A month that is signed off takes no more requests."""
EVENT = {
    "specversion": "1.0",
    "id": "2013-01-05:UA:1",
    "source": "test/operations",
    "type": "flight.departed",
    "subject": "UA",
    "time": "2013-01-05T12:00:00-05:00",
    "data": {"distance": "1000", "tail_number": "N1", "air_time": "120", "origin": "EWR"},
}
said: set[str] = set()
"""Every value that an answer had."""


@schemathesis.hook  # type: ignore[untyped-decorator,unused-ignore]
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Make most requests sound."""
    drawn = repr((case.path_parameters, case.query, case.body))
    operation = case.operation.definition.raw
    if zlib.crc32(drawn.encode()) % 8 == 0 or operation["operationId"] in LEFT_AS_DRAWN:
        return
    examples = {part["name"]: part["example"] for part in operation["parameters"] if "example" in part}
    for values in (case.path_parameters, case.query, case.headers):
        for name in [name for name in values or {} if name != "Authorization" and str(values[name]) not in said]:
            if name in examples:
                values[name] = examples[name]
            elif values is not case.path_parameters:
                del values[name]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    example = content.get("example", EVENT if "requestBody" in operation else None)
    if example is not None:
        case.body, case.media_type = json.loads(json.dumps(example)), "application/json"


@schemathesis.hook  # type: ignore[untyped-decorator,unused-ignore]
def after_call(_context: Any, _case: Any, response: Any) -> None:
    """Keep what an answer says."""
    try:
        answer = json.loads(response.content)
    except ValueError:
        return
    if response.status_code < 300:
        said.update(_plain(answer))


def _plain(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _plain(part)
    elif value is not None:
        yield str(value)
