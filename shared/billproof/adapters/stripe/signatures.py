"""The signatures of Stripe's webhooks (docs.stripe.com/webhooks/signature): `t=1492774577,v1=5257a869...,v1=...`.

What is signed is the time, a full stop and the body as it was sent. While a secret is being replaced there is a
signature under each of the two.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

TOLERANCE_SECONDS = 300
"""How far the time of a signature may be from ours: a message that somebody recorded is refused after that."""
MOST_HEADER_LETTERS = 2_000
_SCHEME = "v1"
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def is_signed(body: bytes, header: str, *, secrets: Iterable[str], now: datetime) -> bool:
    """Say whether one of the secrets signed a body within the tolerance; the comparison takes the same time for all."""
    if len(header) > MOST_HEADER_LETTERS or not header.isascii():
        return False
    parts = [part.strip().partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in parts if name == "t"]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]):
        return False
    if abs(int(times[0]) - int(now.timestamp())) > TOLERANCE_SECONDS:
        return False
    expected = [signature(body, times[0], secret) for secret in secrets if secret.strip()]
    sent = [value for name, value in parts if name == _SCHEME]
    return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in sent)


def signature(body: bytes, seconds: str, secret: str) -> str:
    """Return the signature of a body at a time under a secret, in small hexadecimal letters."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
