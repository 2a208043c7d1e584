"""Powertools' idempotency around the handling of one message: two deliveries at once, one works.

It remembers for days; what must hold for ever is held by the facts in the register. A call that raised is forgotten, so
the side effect itself is safe to repeat.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

Work = Callable[..., dict[str, Any]]

REMEMBER = timedelta(days=7)
"""Longer than a message can wait in a queue (four days) before it is redriven or given up."""


def idempotency_store(client: Any, table: str) -> DynamoDBPersistenceLayer:
    """Return the store of powertools' records: a table with the key `id` and the time to live `expiration`."""
    return DynamoDBPersistenceLayer(table_name=table, key_attr="id", boto3_client=client)


def once(function: Work, *, prefix: str, store: BasePersistenceLayer, context: LambdaContext) -> Work:
    """Guard a function whose keyword argument `message` names an `invoice`, and which sending again it is of, if any.

    The prefix carries a version.
    """
    config = IdempotencyConfig(
        event_key_jmespath="[invoice, resend.ordinal, resend.to]",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=int(REMEMBER.total_seconds()),
        lambda_context=context,
    )
    guarded: Work = idempotent_function(
        function, data_keyword_argument="message", persistence_store=store, config=config, key_prefix=prefix
    )
    return guarded
