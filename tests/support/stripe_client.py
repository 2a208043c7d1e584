"""What the library of Stripe calls in tests, without a network: an account of ours answers."""

import json
from collections.abc import Mapping
from typing import Any, override
from urllib.parse import parse_qs, parse_qsl, urlsplit

import stripe

from tests.support.stripe_account import FakeAccount


class AccountClient(stripe.HTTPClient):
    """What the library of Stripe calls, without a network: what is sent again under a key is answered as it was.

    The next `failing` calls are answered 500, and the answers of the next `losing` ones that write are lost.
    """

    name = "fake"

    def __init__(self, account: FakeAccount) -> None:
        super().__init__()
        self.account = account
        self.calls: list[tuple[str, str]] = []
        self.hosts: set[str] = set()
        self.failing = 0
        self.losing = 0
        self.keys: dict[str, tuple[Any, tuple[int, dict[str, Any]]]] = {}

    @override
    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, dict[str, str]]:
        called = urlsplit(url)
        self.calls.append((method, called.path))
        self.hosts.add(f"{called.scheme}://{called.netloc}")
        if self.failing:
            self.failing -= 1
            return '{"error": {"type": "api_error"}}', 500, {}
        if method == "get":
            status, answer = self.account.answer(called.path, parse_qs(called.query))
        else:
            status, answer = self._write(called.path, dict(parse_qsl(post_data)), (headers or {})["Idempotency-Key"])
        if method != "get" and self.losing:
            self.losing -= 1
            message = "the connection was lost"
            raise stripe.APIConnectionError(message, should_retry=False)  # type: ignore[no-untyped-call]
        return json.dumps(answer), status, {}

    def _write(self, path: str, params: dict[str, str], key: str) -> tuple[int, dict[str, Any]]:
        if key in self.keys:
            before, answer = self.keys[key]
            return answer if before == params else (400, {"error": {"type": "idempotency_error"}})
        is_intent = path.startswith("/v1/payment_intents")
        answer = self.account.intent_by_api(path, params) if is_intent else self.account.refund_by_api(params)
        self.keys[key] = (params, answer)
        return answer

    @override
    def _sleep_time_seconds(self, num_retries: int, response: Any = None) -> float:
        return 0

    @override
    def close(self) -> None:
        """Close nothing."""
