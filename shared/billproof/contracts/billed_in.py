"""Service periods that stay with the month whose invoice billed them, though versions now state another month."""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializerFunctionWrapHandler, WrapSerializer

from billproof.ids import canonical_json
from billproof.model import Model
from billproof.periods import Period


class BilledIn(Model):
    """A service period of a charge, and the first day of the month whose invoice billed it.

    One that begins on the same day and ends on another, since a version changed how the charge is billed, is not it.
    """

    contract: str
    charge: str
    start: date
    end: date
    month: date


MOST_PLAIN = 100
"""Service periods that a record says one by one; more are compressed: DynamoDB takes 400 KB in an item."""


def _packed(stays: tuple[BilledIn, ...], plain: SerializerFunctionWrapHandler) -> Any:
    if len(stays) <= MOST_PLAIN:
        return plain(stays)
    return b64encode(zlib.compress(canonical_json(plain(stays)), 9)).decode()


def _unpacked(stays: Any) -> Any:
    return json.loads(zlib.decompress(b64decode(stays))) if isinstance(stays, str) else stays


type Stays = Annotated[tuple[BilledIn, ...], BeforeValidator(_unpacked), WrapSerializer(_packed, when_used="json")]
"""Service periods as a record keeps them."""


def by_charge(billed_in: Iterable[BilledIn], contract: str) -> Mapping[str, Mapping[Period, date]]:
    """Return a contract's: for each charge the month that billed a service period."""
    months: dict[str, dict[Period, date]] = {}
    for stays in billed_in:
        if stays.contract == contract:
            period = Period.construct_trusted(start=stays.start, end=stays.end)
            months.setdefault(stays.charge, {})[period] = stays.month
    return months
