"""The JSON that Tryton speaks: decimals and dates are objects with a tag, and no number is a float."""

import json
from datetime import date
from decimal import Decimal
from typing import Any


def encode(value: Any) -> bytes:
    """Write values as Tryton reads them; raises TypeError for a kind that it has no tag for."""
    return json.dumps(value, default=_tagged, separators=(",", ":")).encode()


def decode(body: bytes) -> Any:
    """Read what Tryton wrote; raises ValueError for what is not such JSON."""
    try:
        return json.loads(body, object_hook=_untagged, parse_float=Decimal)
    except (KeyError, TypeError, ArithmeticError, RecursionError) as error:  # a tag without its values, or with others
        message = f"not what Tryton writes: {type(error).__name__}"
        raise ValueError(message) from None


def _tagged(value: Any) -> dict[str, Any]:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": f"{value:f}"}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    message = f"Tryton has no tag for {type(value).__name__}"
    raise TypeError(message)


def _untagged(document: dict[str, Any]) -> Any:
    match document.get("__class__"):
        case "Decimal":
            return Decimal(document["decimal"])
        case "date":
            return date(document["year"], document["month"], document["day"])
    return document
