"""Counterparts that do not answer, over moto: breakers trip, consumers are switched off, one answers again."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import stripe

from billproof.adapters.aws.clients import client
from billproof.adapters.http_calls import HttpAnswer
from billproof.breakers import FAILURES, QUEUES
from billproof.errors import ExternalServiceUnavailable
from tests.support.mock_sap import ACCESS

if TYPE_CHECKING:
    from tests.support.aws_chain import Chain

OK = SimpleNamespace(status_code=200)
USE_CASES = {"apply_payment": "apply_payment", "sync_crm": "take_crm_message"}
MESSAGES = {
    "apply_payment": '{"kind": "returned", "legal_entity": "skymeter-inc", "channel": "bank", "source": "s", '
    '"original": "o", "reference": "r", "amount": {"amount": "1.00", "currency": "USD"}}',
    "sync_crm": '{"kind": "crm_listing", "system": "salesforce"}',
}


def break_and_answer(chain: "Chain") -> None:
    """Let messages fail for want of counterparts, watch these rest, and then be probed: SAP answers."""
    for function, use_case in USE_CASES.items():
        lacking = ExternalServiceUnavailable("no answer", service="hubspot")
        module = importlib.import_module(f"functions.{function}.app")
        with patch.object(module, use_case, side_effect=lacking):
            chain.messages(function, [MESSAGES[function]] * FAILURES)
    client("secretsmanager").put_secret_value(SecretId="SapSecretArn", SecretString=ACCESS.model_dump_json())
    for service in QUEUES:
        chain.ports("sync_crm").breakers.trip(service, at=chain.now, retry_after=0)
    now = chain.now
    with _nobody_answers_but_sap(), _mappings_that_are("Enabled"):
        assert len(chain.call("watch_adapters", {})["open"]) == len(QUEUES)
        chain.now += timedelta(minutes=2)
        assert chain.call("watch_adapters", {})["closed"] == ["sap"]
    chain.now = now
    for service in QUEUES:
        known = chain.ports("sync_crm").breakers.get(service)
        assert known is not None
        chain.ports("sync_crm").breakers.close(known.closed(now))


@contextmanager
def _nobody_answers_but_sap() -> Iterator[None]:
    def silent(*_: Any, **__: Any) -> Callable[..., HttpAnswer]:
        def send(*_: Any, **__: Any) -> HttpAnswer:
            raise ConnectionRefusedError

        return send

    def sap(*_: Any, **__: Any) -> Callable[..., HttpAnswer]:
        return lambda *_, **__: HttpAnswer(200, b'{"access_token": "t"}')

    sends = {"tryton.erp": silent, "sap.erp": sap, "salesforce.rest": silent, "hubspot.rest": silent}
    with ExitStack() as patches:
        for name, send in sends.items():
            patches.enter_context(patch(f"billproof.adapters.{name}.HttpSend", send))
        refused = stripe.APIConnectionError("refused", should_retry=False)  # type: ignore[no-untyped-call]
        patches.enter_context(patch.object(stripe.RequestsClient, "request", side_effect=refused))
        yield


@contextmanager
def _mappings_that_are(state: str) -> Iterator[None]:
    """Answer for Lambda, whose mappings moto has none of."""
    events = client("lambda").meta.events
    answers: Mapping[str, dict[str, str]] = {"GetEventSourceMapping": {"State": state}, "UpdateEventSourceMapping": {}}
    for operation, answer in answers.items():
        events.register(f"before-call.lambda.{operation}", lambda answer=answer, **_: (OK, answer), operation)
    try:
        yield
    finally:
        for operation in answers:
            events.unregister(f"before-call.lambda.{operation}", unique_id=operation)
