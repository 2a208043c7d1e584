"""Why a dead letter failed: for a message the last line that its function logged of it, for a call Lambda's record."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from billproof.adapters.aws.clients import client
from billproof_ops.model import Shown
from billproof_ops.target import Target

CONSUMERS = {
    "usage-events": "IngestUsageName",
    "contract-events": "SyncContractName",
    "erp-postings": "PostToErpName",
    "deliveries": "DeliverInvoiceName",
    "delivery-events": "RecordDeliveryEventName",
}
LINES_LOOKED_AT = 100


class Failure(Shown):
    """What failed: the function, its error, and the request under which its log has more."""

    function: str
    error: str
    request_id: str


def failure_of(target: Target, queue: str, letter: Mapping[str, Any]) -> Failure | None:
    """Return why a letter, as SQS gives it, is dead; None where neither the letter nor the log says it."""
    if queue not in CONSUMERS:
        return _of_delivery(letter.get("MessageAttributes", {})) or _of_call(letter["Body"])
    function = target.outputs.get(CONSUMERS[queue])
    try:
        return _of_message(function, letter["MessageId"]) if function else None
    except ClientError:  # no such log yet, or it may not be read: the letter is shown all the same
        return None


def _of_call(body: str) -> Failure | None:
    try:
        call = json.loads(body)
        answer = call.get("responsePayload") or {}
        error = f"{answer.get('errorType', '')}: {answer.get('errorMessage', '')}"
        context = call["requestContext"]
        function = str(context["functionArn"]).removesuffix(":$LATEST").rsplit(":", 1)[-1]
        return Failure(function=function, error=error.strip(": "), request_id=context["requestId"])
    except (ValueError, KeyError, AttributeError):
        return None


def _of_delivery(attributes: Mapping[str, Any]) -> Failure | None:
    """Read what EventBridge says of what it could not deliver."""
    said = {name: str(value.get("StringValue", "")) for name, value in attributes.items()}
    if "ERROR_CODE" not in said:
        return None
    return Failure(
        function=said.get("TARGET_ARN", ""),
        error=f"{said['ERROR_CODE']}: {said.get('ERROR_MESSAGE', '')}",
        request_id=said.get("EXECUTION_ID", ""),
    )


def _of_message(function: str, message_id: str) -> Failure | None:
    configuration = client("lambda").get_function_configuration(FunctionName=function)
    group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}"
    pages = (
        client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=group,
            filterPattern=f'"{message_id}"',
            PaginationConfig={"MaxItems": LINES_LOOKED_AT},
        )
    )
    lines = [line for page in pages for event in page["events"] if (line := _line(event["message"]))]
    failures = [line for line in lines if line.get("message_id") == message_id and "error" in line]
    if not failures:
        return None
    last = failures[-1]
    return Failure(function=function, error=str(last["error"]), request_id=str(last.get("function_request_id", "")))


def _line(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
