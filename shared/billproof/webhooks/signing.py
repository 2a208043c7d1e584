"""Secrets and signatures as Standard Webhooks has them (https://www.standardwebhooks.com, v1: HMAC-SHA256).

A secret is derived from one key of the stack, the endpoint and the generation: nothing that could sign is stored with
the endpoints. Whoever may not read the key cannot make one.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with


def secret_of(key: str, endpoint: str, generation: int) -> str:
    """Return the secret of an endpoint's generation, as its receiver configures it."""
    purpose = f"billproof webhook {endpoint} {generation}"
    return SECRET_PREFIX + b64encode(hmac.digest(key.encode(), purpose.encode(), hashlib.sha256)).decode()


def signature(secret: str, *, message: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message under one secret."""
    signed = f"{message}.{timestamp}.".encode() + body
    digest = hmac.digest(b64decode(secret.removeprefix(SECRET_PREFIX)), signed, hashlib.sha256)
    return f"v1,{b64encode(digest).decode()}"


def headers_of(secrets: Sequence[str], *, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a message: signed under each secret, so that either one verifies it."""
    timestamp = int(at.timestamp())
    signatures = [signature(secret, message=message, timestamp=timestamp, body=body) for secret in secrets]
    return {
        "content-type": "application/cloudevents+json",
        "user-agent": "billproof-webhooks/1",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
