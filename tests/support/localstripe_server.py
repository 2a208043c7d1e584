"""localstripe as a process of its own, and Stripe's library as it calls that instead of Stripe.

It ignores idempotency keys, and knows no fees, payouts that settle something, or disputes: those are in
tests/support/stripe_account.py. Of payment intents it knows no description, automatic methods or lists of a customer,
which are left out here, and it cannot confirm one that was declined with another method.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, override
from urllib.parse import parse_qsl, urlencode

import stripe

from tests.support.tryton_server import free_port

ENVIRONMENT = Path(__file__).parents[2] / ".localstripe"
SERVE = Path(__file__).parents[1] / "localstripe" / "counterpart" / "serve.py"
KEY = "sk_test_of_localstripe"
NOT_OF_INTENTS = ("description", "automatic_payment_methods", "created")
SECONDS = 60
"""How long the server may be silent on a busy machine."""


class LocalClient(stripe.RequestsClient):
    """Calls localstripe; the answers of the next `losing` calls that write are lost after their effect."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=SECONDS)
        self.base = base
        self.losing = 0

    @override
    def request(self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any) -> Any:
        called: Any = url.replace(stripe.DEFAULT_API_BASE, self.base)
        path, _, query = called.partition("?")
        if path.endswith("/payment_intents"):
            called, post_data = f"{path}?{_known(query)}", _known(post_data or "")
        answer: Any = super().request(method, called, headers, post_data)
        customer = dict(parse_qsl(query)).get("customer")
        if customer and path.endswith("/payment_intents"):
            answer = (_only_of(customer, answer[0]), *answer[1:])
        if method == "post" and self.losing:
            self.losing -= 1
            message = "the connection was lost"
            raise stripe.APIConnectionError(message, should_retry=False)  # type: ignore[no-untyped-call]
        return answer


def _known(fields: str) -> str:
    """Return the fields of a call about payment intents that localstripe knows: it lists those of all customers."""
    unknown = NOT_OF_INTENTS if "amount=" in fields else (*NOT_OF_INTENTS, "customer")
    return urlencode([(name, text) for name, text in parse_qsl(fields) if not name.startswith(unknown)])


def _only_of(customer: str, listed: bytes) -> str:
    """Leave other customers out of a list."""
    document = json.loads(listed)
    document["data"] = [intent for intent in document["data"] if intent["customer"] == customer]
    return json.dumps(document)


@contextmanager
def served() -> Iterator[str]:
    """Run localstripe until the block ends; yield its address."""
    port = free_port()
    command = [str(ENVIRONMENT / "bin" / "python"), str(SERVE), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            assert any("Running on" in line for line in lines)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
