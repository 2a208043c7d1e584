"""The writer of Bedrock, against the shapes of its service model: what is sent is valid, what comes back is read.

No model was called. botocore's stub refuses a request or an answer that the service model does not have.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from billproof.adapters.aws import bedrock
from billproof.adapters.aws.bedrock import BedrockWriter, bedrock_client
from billproof.errors import ExternalServiceUnavailable, InvalidInput
from billproof.writing.model import TextFault, TextProblem, TokenUse
from billproof.writing.prompting import instructions, message
from billproof.writing.service import write_text
from billproof.writing.templates import TEMPLATES
from tests.support.text_sources import DISPUTE

MODEL = "amazon.nova-lite-v1:0"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return bedrock_client()


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def answered(*texts: str, stop: str = "end_turn") -> dict[str, Any]:
    """An answer as https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html has it."""
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text} for text in texts]}},
        "stopReason": stop,
        "usage": {"inputTokens": 912, "outputTokens": 204, "totalTokens": 1116},
        "metrics": {"latencyMs": 1551},
    }


def request(refused: tuple[TextProblem, ...] = ()) -> dict[str, Any]:
    return {
        "modelId": MODEL,
        "system": [{"text": instructions(DISPUTE.kind)}],
        "messages": [{"role": "user", "content": [{"text": message(DISPUTE, refused)}]}],
        "inferenceConfig": {"maxTokens": bedrock.MOST_TOKENS, "temperature": 0.0},
    }


def test_sources_are_sent_as_data_apart_from_the_instructions_and_the_text_is_read(client: Any, stub: Stubber) -> None:
    stub.add_response("converse", answered("Dear ", "you"), request())
    answer = BedrockWriter(client, MODEL).write(DISPUTE, refused=())
    assert (answer.text, answer.is_whole, answer.tokens) == ("Dear you", True, TokenUse(given=912, returned=204))
    assert DISPUTE.text("complaint") not in instructions(DISPUTE.kind)


def test_what_a_model_thinks_is_no_text(client: Any, stub: Stubber) -> None:
    answer = answered("Dear you")
    thought: dict[str, Any] = {"reasoningContent": {"reasoningText": {"text": "it owes 9 USD"}}}
    answer["output"]["message"]["content"].insert(0, thought)
    stub.add_response("converse", answer, request())
    assert BedrockWriter(client, MODEL).write(DISPUTE, refused=()).text == "Dear you"


@pytest.mark.parametrize("stop", ["max_tokens", "guardrail_intervened", "content_filtered", "malformed_model_output"])
def test_a_text_that_did_not_come_to_its_end_is_not_whole(stop: str, client: Any, stub: Stubber) -> None:
    stub.add_response("converse", answered("Dear you", stop=stop), request())
    assert not BedrockWriter(client, MODEL).write(DISPUTE, refused=()).is_whole


def test_a_refused_text_is_asked_for_once_more(client: Any, stub: Stubber) -> None:
    text = TEMPLATES[DISPUTE.kind](DISPUTE)
    refused = (
        TextProblem(fault=TextFault.FIGURE, text="2469.01"),
        TextProblem(fault=TextFault.FIGURE, text="USD"),
        TextProblem(fault=TextFault.LEFT_OUT, text="net"),
    )
    stub.add_response("converse", answered(text.replace("2469.00", "2469.01")), request())
    stub.add_response("converse", answered(text), request(refused))
    checked = write_text(DISPUTE, BedrockWriter(client, MODEL), sends_personal=True)
    assert (checked.writer, checked.text, checked.refused) == (MODEL, text, (refused,))
    assert checked.tokens == TokenUse(given=1824, returned=408)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ThrottlingException", ExternalServiceUnavailable),
        ("ModelTimeoutException", ExternalServiceUnavailable),
        ("ModelNotReadyException", ExternalServiceUnavailable),
        ("AccessDeniedException", ExternalServiceUnavailable),
        ("ResourceNotFoundException", ExternalServiceUnavailable),
        ("ValidationException", InvalidInput),
    ],
)
def test_what_the_service_refuses_is_an_error_of_ours(
    code: str, kind: type[Exception], client: Any, stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    stub.add_client_error("converse", code)
    with pytest.raises(kind):
        BedrockWriter(client, MODEL).write(DISPUTE, refused=())


class Raising:
    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def converse(self, **_: Any) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize("answer", [ReadTimeoutError(endpoint_url="x"), {}, {"output": {}}, {"stopReason": "end_turn"}])
def test_a_time_out_or_another_shape_is_worth_another_try(answer: Any) -> None:
    with pytest.raises(ExternalServiceUnavailable):
        BedrockWriter(Raising(answer), MODEL).write(DISPUTE, refused=())


def test_calls_have_an_end_and_few_tries(client: Any) -> None:
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 60)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_the_data_is_json_of_every_fact() -> None:
    facts = json.loads(message(DISPUTE, ()).removeprefix("<sources>\n").removesuffix("\n</sources>"))
    assert [fact["name"] for fact in facts] == [fact.name for fact in DISPUTE.facts]
