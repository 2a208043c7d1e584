"""An opening as it travels: its JSON, compressed, so that one call holds all rows of a large business."""

import base64
import binascii
import zlib

from pydantic import ValidationError

from billproof.errors import InvalidInput
from billproof.model import canonical_model, what_is_wrong
from billproof.names import PUBLISHED
from billproof.opening.model import Opening

MOST_BYTES = 20_000_000
"""Bytes of the largest opening, unpacked."""


def packed(opening: Opening) -> str:
    """Return an opening as text."""
    return base64.b64encode(zlib.compress(canonical_model(opening), 9)).decode()


def unpacked(text: str) -> Opening:
    """Read an opening; raises InvalidInput where it is none, or is larger than any may be."""
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(base64.b64decode(text, validate=True), MOST_BYTES)
    except (binascii.Error, zlib.error, ValueError):
        message = "the opening is not its JSON, compressed with zlib, in base64"
        raise InvalidInput(message) from None
    if not unpacking.eof:
        message = f"the opening is cut off, or larger than {MOST_BYTES:,} bytes"
        raise InvalidInput(message)
    try:
        return Opening.model_validate_json(data, context=PUBLISHED)
    except ValidationError as error:
        raise InvalidInput(what_is_wrong(error)) from None
