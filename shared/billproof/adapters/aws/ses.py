"""Outgoing mail through SES."""

from typing import Any

from billproof.adapters.aws.faults import outside


class SesMailer:
    """Raw messages, so that we write every header ourselves."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, *, to: str, message: bytes) -> None:
        """Hand a whole RFC 5322 message over."""
        with outside("ses"):
            self._client.send_raw_email(Destinations=[to], RawMessage={"Data": message})
