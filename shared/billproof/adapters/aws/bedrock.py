"""Texts of a model of Amazon Bedrock, by its Converse API: one interface for all models that take messages.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. Who calls needs the permission
`bedrock:InvokeModel` on the model or inference profile.
"""

from collections.abc import Sequence
from typing import Any

from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billproof.adapters.aws.clients import session
from billproof.adapters.aws.faults import outside
from billproof.errors import ExternalServiceUnavailable
from billproof.model import what_is_wrong
from billproof.writing.model import TextProblem, TextSources, TokenUse, WriterAnswer
from billproof.writing.prompting import instructions, message

MOST_TOKENS = 2_000
"""Tokens that a text may have: a longer one is cut off, and refused."""
CONNECT_SECONDS, READ_SECONDS, MOST_CALLS = 5, 60, 3
_WHOLE = {"end_turn", "stop_sequence"}
"""Reasons to stop of a text that came to its end; the others are that it was cut off, filtered or not written."""


def bedrock_client() -> Any:
    """Return a client with our time-outs: throttling and errors of the service are tried again with back-off."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": MOST_CALLS},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )
    return session().create_client("bedrock-runtime", config=config)


class _Answered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Block(_Answered):
    text: str = ""


class _Message(_Answered):
    content: tuple[_Block, ...]


class _Output(_Answered):
    message: _Message


class _Usage(_Answered):
    given: int = Field(alias="inputTokens")
    returned: int = Field(alias="outputTokens")


class _ConverseAnswer(_Answered):
    output: _Output
    stop_reason: str = Field(alias="stopReason")
    usage: _Usage


class BedrockWriter:
    """Writes with a model of Bedrock; `model` is the id of a model or of an inference profile, or an ARN."""

    is_outside = True

    def __init__(self, client: Any, model: str) -> None:
        self._client = client
        self._model = model

    @property
    def name(self) -> str:
        """The model's id."""
        return self._model

    def write(self, sources: TextSources, *, refused: Sequence[TextProblem]) -> WriterAnswer:
        """Ask the model for a text; raises ExternalServiceUnavailable, and InvalidInput for a model that is none."""
        with outside("bedrock"):
            answer = self._client.converse(
                modelId=self._model,
                system=[{"text": instructions(sources.kind)}],
                messages=[{"role": "user", "content": [{"text": message(sources, refused)}]}],
                inferenceConfig={"maxTokens": MOST_TOKENS, "temperature": 0.0},
            )
        try:
            read = _ConverseAnswer.model_validate(answer)
        except ValidationError as error:
            said = f"bedrock answered otherwise than documented: {what_is_wrong(error)}"
            raise ExternalServiceUnavailable(said, service="bedrock", code="unreadable") from None
        return WriterAnswer(
            text="".join(block.text for block in read.output.message.content),
            is_whole=read.stop_reason in _WHOLE,
            tokens=TokenUse(given=read.usage.given, returned=read.usage.returned),
        )
