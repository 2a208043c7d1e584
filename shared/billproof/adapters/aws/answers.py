"""What calls of the API were answered, kept by powertools' idempotency under their Idempotency-Key."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from billproof.adapters.aws.idempotency import idempotency_store
from billproof.errors import Contended, ExternalServiceUnavailable, KeyReused

KEPT = timedelta(days=1)
"""For how long an answer is kept; what must hold for ever is held by the facts that a call writes."""


class DynamoAnswers:
    """Answers in a table with the key `id` and the time to live `expiration`."""

    def __init__(self, client: Any, table: str) -> None:
        self._store = idempotency_store(client, table)

    def once(
        self, *, key: str, payload: str, work: Callable[[], dict[str, Any]], context: LambdaContext
    ) -> dict[str, Any]:
        """Return what the call under a key was answered, or do its work."""
        config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="payload",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=int(KEPT.total_seconds()),
            lambda_context=context,
        )

        def answer(*, call: dict[str, str]) -> dict[str, Any]:  # noqa: ARG001 - powertools reads the key from it
            return work()

        guarded = idempotent_function(
            answer,
            data_keyword_argument="call",
            persistence_store=self._store,
            config=config,
            key_prefix="answers.v1",
        )
        try:
            kept: dict[str, Any] = guarded(call={"key": key, "payload": payload})
        except IdempotencyValidationError:
            message = "this Idempotency-Key was used for another request: a new request takes a new key"
            raise KeyReused(message) from None
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError):
            message = "the call under this Idempotency-Key is under way: ask again for its answer"
            raise Contended(message) from None
        except IdempotencyPersistenceLayerError as error:
            message = "the answers of calls could not be read or written"
            raise ExternalServiceUnavailable(message) from error
        return kept
