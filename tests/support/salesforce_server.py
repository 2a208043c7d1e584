"""As much of Salesforce's REST API as its documentation promises: tokens, records, and queries in pages."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from billproof_ops.demo.salesforce import TOKEN, SalesforceRecords


@dataclass
class FakeSalesforce(SalesforceRecords):
    """What the server knows; it answers the next calls with the statuses of `troubles`, and with Retry-After.

    Salesforce's own pages hold 2,000 records: these are small, so that there are many.
    """

    page_size: int = 2
    troubles: list[tuple[int, str]] = field(default_factory=list)
    tokens: int = 0
    calls: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def secret(self) -> str:
        return json.dumps({"address": self.address, "client_id": "app", "client_secret": "secret"})

    def answer(self, method: str, target: str, token: str, body: str) -> tuple[int, Any, dict[str, str]]:
        self.calls.append(f"{method} {urlsplit(target).path}")
        if self.troubles:
            status, seconds = self.troubles.pop(0)
            return status, [{"errorCode": "UNABLE_TO_LOCK"}], {"Retry-After": seconds} if seconds else {}
        if (method, target) == ("POST", TOKEN):
            said = dict(parse_qsl(body))
            if said != {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"}:
                return 401, {"error": "invalid_client"}, {}
            self.tokens += 1
            return 200, {"access_token": f"token-{self.tokens}", "instance_url": self.address}, {}
        if token != f"Bearer token-{self.tokens}":
            return 401, [{"errorCode": "INVALID_SESSION_ID"}], {}
        return (*self.read(target), {})
