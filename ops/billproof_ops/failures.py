"""Why a dead letter failed: for a message the last line that its function logged of it, for a call Lambda's record."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from billproof.adapters.aws.clients import client
from billproof_ops.model import Shown
from billproof_ops.target import Target

WORK_QUEUES = {
    "usage-events": "UsageEventsQueueUrl",
    "contract-events": "ContractEventsQueueUrl",
    "crm-events": "CrmEventsQueueUrl",
    "erp-postings": "ErpPostingsQueueUrl",
    "deliveries": "DeliveriesQueueUrl",
    "einvoices": "EinvoicesQueueUrl",
    "delivery-events": "DeliveryEventsQueueUrl",
    "payment-events": "PaymentEventsQueueUrl",
    "bank-statements": "BankStatementsQueueUrl",
    "webhook-deliveries": "WebhookDeliveriesQueueUrl",
}
CONSUMERS = {
    "usage-events": "IngestUsageName",
    "contract-events": "SyncContractName",
    "crm-events": "SyncCrmName",
    "erp-postings": "PostToErpName",
    "deliveries": "DeliverInvoiceName",
    "einvoices": "DeliverEinvoiceName",
    "delivery-events": "RecordDeliveryEventName",
    "payment-events": "ApplyPaymentName",
    "bank-statements": "TakeStatementName",
    "webhook-deliveries": "DeliverWebhooksName",
}
LINES_LOOKED_AT = 100


class FailedMessage(Shown):
    """A message that its function could not take, and its error."""

    message_id: str
    error: str


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
        return _of_message(function, letter) if function else None
    except ClientError:  # no such log yet, or it may not be read: the letter is shown all the same
        return None


def _of_call(body: str) -> Failure | None:
    try:
        call = json.loads(body)
        answer = call.get("responsePayload") or {}
        error = f"{answer.get('errorType', '')}: {answer.get('errorMessage', '')}"
        context = call["requestContext"]
        function = str(context["functionArn"]).removesuffix(":$LATEST").rsplit(":", 1)[-1]
        return Failure(function=function, error=error.strip(": "), request_id=str(context.get("requestId", "")))
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


def _of_message(function: str, letter: Mapping[str, Any]) -> Failure | None:
    """Look in the log from the moment on at which the message was sent: a log of months takes long to read."""
    message_id = letter["MessageId"]
    sent_at = letter.get("Attributes", {}).get("SentTimestamp")
    window = {"startTime": int(sent_at)} if sent_at else {}
    lines = [line for line in _failed_lines(function, f'"{message_id}"', **window) if line["message_id"] == message_id]
    if not lines:
        return None
    last = lines[-1]
    request = str(last.get("function_request_id", ""))
    return Failure(function=function, error=str(last["error"]), request_id=request)


def own_error(function: str, since: float) -> str | None:
    """Return the last error that a function logged since a moment: an emulator may call every error by one name."""
    try:
        lines = _error_lines(function, '"error"', startTime=int(since * 1000))
    except ClientError:  # no such log yet, or it may not be read
        return None
    return str(lines[-1]["error"]) if lines else None


def failures_since(target: Target, output: str, since: float) -> list[FailedMessage]:
    """Return the messages of a queue that failed since a moment, as the log of its function says."""
    queue = next(name for name, url in WORK_QUEUES.items() if url == output)
    function = target.outputs.get(CONSUMERS[queue])
    if function is None:
        return []
    try:
        lines = _failed_lines(function, '"message failed"', startTime=int(since * 1000))
    except ClientError:
        return []
    return [FailedMessage(message_id=line["message_id"], error=str(line["error"])) for line in lines]


def _failed_lines(function: str, pattern: str, **window: Any) -> list[dict[str, Any]]:
    return [line for line in _error_lines(function, pattern, **window) if "message_id" in line]


def _error_lines(function: str, pattern: str, **window: Any) -> list[dict[str, Any]]:
    configuration = client("lambda").get_function_configuration(FunctionName=function)
    group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}"
    pages = (
        client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=group, filterPattern=pattern, PaginationConfig={"MaxItems": LINES_LOOKED_AT}, **window)
    )
    lines = [line for page in pages for event in page["events"] if (line := _line(event["message"]))]
    return [line for line in lines if "error" in line]


def _line(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
