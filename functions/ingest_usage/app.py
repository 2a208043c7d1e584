"""Usage events from the queue to the usage log and the quarantine."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from billproof.composition import Composition, composition
from billproof.handlers import count, instrumented, log_failure, logger
from billproof.logged import log_fields
from billproof.usage.ingestion import Acceptance, Message, ingest_usage


@instrumented
def handler(event: dict[str, Any], _context: LambdaContext, ports: Composition | None = None) -> dict[str, Any]:
    """Take a batch of messages as one, so that it makes few segments; only the messages of a failed one come back."""
    ports = ports or composition()
    messages = [
        Message(
            id=record["messageId"],
            body=record["body"],
            sent_at=datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, tz=UTC),
        )
        for record in event["Records"]
    ]
    counts, failed = ingest_usage(
        messages,
        objects=ports.objects,
        reference_data=ports.reference_data,
        buckets=ports.written_buckets,
        acceptance=Acceptance(ports.settings.grace, ports.settings.most_age),
    )
    count("EventsAccepted", counts.accepted)
    count("EventsQuarantined", counts.quarantined)
    logger.info("ingest_usage", result=log_fields(counts.model_dump()), messages=[message.id for message in messages])
    for message_id, error in failed.items():
        logger.set_correlation_id(message_id)
        log_failure("message failed", error, message_id=message_id)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
