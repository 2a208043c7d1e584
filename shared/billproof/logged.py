"""What log lines may hold of requests and results: numbers, and of texts those that name things."""

import re
from collections.abc import Mapping
from typing import Any

LOGGED = frozenset(
    {
        "run_id",
        "batch_id",
        "legal_entity",
        "period",
        "month",
        "exception",
        "correlation_id",
        "invoice",
        "document",
        "number",
        "external_reference",
        "kind",
        "id",
        "verdict",
        "refusal",
        "outcome",
    }
)
"""The fields of requests and results whose text is logged: names of things, and what came of them."""
_LOGGABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~%/:-]{0,199}")
"""What such a text looks like: an address, a sentence or a token is none, whatever field a caller puts it in."""
_LOGGED_AS = {"exception": "exception_id"}
"""Under `exception` the formatter puts the traceback."""


def log_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be logged of a request or result: numbers, and texts under the names of LOGGED."""
    return {
        _LOGGED_AS.get(name, name): value
        for name, value in fields.items()
        if isinstance(value, int) or (isinstance(value, str) and name in LOGGED and _LOGGABLE.fullmatch(value))
    }
