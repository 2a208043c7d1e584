"""Personal data that is not shown by the way: whoever looks at why a message failed sees its shape, ids and amounts.

{"id": "UA", "name": "United", "billing_email": "ap@ua.example"}  ->  {"id": "UA", "name": "***", ...}
"""

import json
import re
from typing import Any

from billproof.ids import canonical_json

MASK = "***"
PERSONAL = frozenset(
    [
        "name",
        "names",
        "holder",
        "email",
        "billing_email",
        "mail",
        "address",
        "lines",
        "city",
        "postal_code",
        "phone",
        "contact",
        "vat_number",
        "iban",
        "bic",
        "account_number",
        "routing_number",
        "party_name",
        "party_account",
        "remittance",
        "structured",
        "text",
        "note",
        "comment",
        "reason",
        "customer_name",
        "first_name",
        "last_name",
        "authorization",
        "token",
        "secret",
        "password",
        "signature",
    ]
)
"""Fields of our messages, and of those of counterparts, that say who somebody is or how to reach or pay them."""
_MAIL = re.compile(r"[^\s\"'<>(),;:]+@[^\s\"'<>(),;:]+")
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\b")
_BANK_FILE = re.compile(r"^\s*(<|01,|:20:|\{1:|[^{\[\"]+;)")
MOST_LETTERS_OF_TEXT = 200
"""Of a body that is no JSON so much is shown: it is a bank's file, or broken."""


def masked(body: str) -> str:
    """Return a message without personal data; one that is no JSON is cut off, and of a bank's file nothing is shown."""
    try:
        return canonical_json(_masked(json.loads(body, parse_float=str, parse_constant=str))).decode()
    except (ValueError, RecursionError):
        if _BANK_FILE.match(body):
            return f"{MASK} ({len(body)} letters)"
        return _masked_text(body[:MOST_LETTERS_OF_TEXT])


def _masked(value: Any, *, is_personal: bool = False) -> Any:
    match value:
        case dict():
            return {
                key: _masked(item, is_personal=is_personal or key.lower() in PERSONAL) for key, item in value.items()
            }
        case list():
            return [_masked(item, is_personal=is_personal) for item in value]
        case str():
            return _masked_within(value, is_personal=is_personal)
        case _:
            return value


def _masked_within(text: str, *, is_personal: bool) -> str:
    """Mask a text; one that is JSON itself, as bodies within envelopes are, field by field."""
    if is_personal:
        return MASK
    return masked(text) if text.startswith(("{", "[")) else _masked_text(text)


def _masked_text(text: str) -> str:
    return _IBAN.sub(MASK, _MAIL.sub(MASK, text))
