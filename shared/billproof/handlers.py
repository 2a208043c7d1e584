"""What every function needs around its use case: log context, metrics, workflow steps, queue batches.

Log lines hold numbers, and of texts those in LOGGED only: tokens, addresses and what people wrote stay out. Every line
has a `correlation_id`, which the lines about one document share: the run that released it, or a credit note's own id.
"""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from pydantic import BaseModel, ValidationError

from billproof.audit.origin import ORIGIN, Origin
from billproof.composition import Composition, composition
from billproof.errors import BillproofError, InvalidInput, NotFound, Unreadable
from billproof.identities import ExceptionId
from billproof.logged import log_fields
from billproof.model import HALF_A_PAIR, Model, is_text, what_is_wrong
from billproof.nets import Call, begin, traced, without_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

    Event = dict[str, Any]
    Handler = Callable[..., dict[str, Any]]

logger = Logger(service="billproof")
metrics = Metrics(namespace="Billproof", service="billproof")

_TRACE_ROOT = re.compile(r"Root=([0-9a-f-]{1,64})")


def step[M: BaseModel](model: type[M], *, name: str) -> Callable[[Callable[[M, Composition], BaseModel]], Handler]:
    """Make a Lambda handler of a step: read the event into the model, call, dump the result.

    Its log lines have the name: in Lambda every entry file and its function are called alike.
    An event that does not fit raises InvalidInput: the workflow that sent it is wrong, and says so in its history.
    """

    def decorate(use_case: Callable[[M, Composition], BaseModel]) -> Handler:
        @functools.wraps(use_case)
        def handler(event: Event, _context: LambdaContext, ports: Composition | None = None) -> dict[str, Any]:
            try:
                request = model.model_validate(event)
                wrong = "" if is_text(event) else HALF_A_PAIR
            except ValidationError as error:
                wrong = what_is_wrong(error)
            if wrong:
                refusal = InvalidInput(f"{name}: {wrong}")
                log_failure(name, refusal, traceback=False)
                raise refusal
            append_names(request)
            try:
                result = use_case(request, ports or composition()).model_dump(mode="json")
            except Exception as error:
                log_failure(name, error, traceback=not isinstance(error, BillproofError))
                raise
            log_result(name, result)
            return result

        return instrumented(handler)

    return decorate


def append_names(request: BaseModel) -> None:
    """Put the names in a request into every log line of this call."""
    named = log_fields(request.model_dump(mode="json"))
    logger.append_keys(**named, **_correlation(named))


def log_result(name: str, result: Mapping[str, Any]) -> None:
    """Log what came of a request."""
    outcome = log_fields(result)
    if "run_id" not in logger.get_current_keys() and "exception_id" not in logger.get_current_keys():
        logger.append_keys(**_correlation(outcome))
    logger.info(name, result=outcome)


def _correlation(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `correlation_id` of logged fields that name a run or an exception; of others none."""
    if "run_id" in fields:
        return {"correlation_id": fields["run_id"]}
    try:
        return log_fields({"correlation_id": ExceptionId.parse(fields.get("exception_id", "")).raised_by})
    except NotFound:
        return {}


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message of a queue, and the identity that sent it."""

    body: str
    sender: str


def each_message(use_case: Callable[[ReceivedMessage, Composition], BaseModel]) -> Handler:
    """Make a Lambda handler of a queue's consumer: one message at a time, only the failed ones come back."""

    @functools.wraps(use_case)
    def handler(event: Event, context: LambdaContext, ports: Composition | None = None) -> dict[str, Any]:
        ports = ports or composition()
        return _consume(lambda received: use_case(received, ports), event, context, ports)

    return instrumented(handler)


def _consume(
    take: Callable[[ReceivedMessage], BaseModel], event: Event, context: LambdaContext, ports: Composition
) -> dict[str, Any]:
    """Take the messages of a call.

    One that failed is delivered again after the queue's time-out, when what it lacked may be there. One that nobody can
    read is delivered again at once: its tries are over within seconds, and it lies with the dead letters, for a person.
    """
    from aws_lambda_powertools.utilities.batch import (  # the steps of workflows, which are most, never load it
        BatchProcessor,
        EventType,
        process_partial_response,
    )

    def take_record(record: SQSRecord) -> None:
        logger.remove_keys(["invoice"])  # of the message before
        logger.set_correlation_id(record.message_id)
        try:
            result = _read(take, ReceivedMessage(body=record.body, sender=record.attributes.sender_id))
        except Exception as error:
            log_failure("message failed", error, message_id=record.message_id)
            if isinstance(error, Unreadable):
                _deliver_at_once(record, ports)
            _count_failure(error, ports)
            raise
        fields = result.result if isinstance(result, MessageOutcome) else result.model_dump(mode="json")
        ports.failures.worked(fields)
        logger.info("message taken", message_id=record.message_id, result=log_fields(fields))

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=take_record, processor=processor, context=context)
    return cast("dict[str, Any]", answer)


def _deliver_at_once(record: SQSRecord, ports: Composition) -> None:
    """Ask the queue to deliver a message again without waiting; where it does not, it is delivered again later."""
    try:
        ports.deliver_at_once(queue_arn=record.event_source_arn, receipt_handle=record.receipt_handle)
    except BillproofError as error:
        log_failure("redelivery failed", error, traceback=False, message_id=record.message_id)


def _count_failure(error: Exception, ports: Composition) -> None:
    """Count a failure for want of a counterpart; a breaker that cannot be tripped is tripped by the next one."""
    try:
        ports.failures.failed(error, now=ports.now())
    except BillproofError as unwritten:
        log_failure("breaker not tripped", unwritten, traceback=False)


def _read(take: Callable[[ReceivedMessage], BaseModel], received: ReceivedMessage) -> BaseModel:
    """Take a message; raises Unreadable for one that does not fit, which repeats nothing of it."""
    try:
        return take(received)
    except ValidationError as error:
        raise Unreadable(what_is_wrong(error)) from None


def log_failure(what: str, error: Exception, *, traceback: bool = True, **names: Any) -> None:
    """Log that a step or message failed, the code of the error and where it was raised."""
    name = error.code if isinstance(error, BillproofError) else type(error).__name__
    logger.error(what, error=name, exception=traced(error) if traceback else None, **names)


class InvoiceMessage(Model):
    """What the erp-postings and deliveries queues carry; a message of an earlier version lacks the second."""

    invoice: str
    correlation_id: str | None = None
    resend: dict[str, Any] | None = None


def each_invoice(*, prefix: str) -> Callable[[Callable[[InvoiceMessage, Composition], BaseModel]], Handler]:
    """Make a Lambda handler of a consumer of released invoices: two deliveries of a message at once do the work once.

    The prefix names the work and its version among the idempotency records.
    """

    def decorate(use_case: Callable[[InvoiceMessage, Composition], BaseModel]) -> Handler:
        @functools.wraps(use_case)
        def handler(event: Event, context: LambdaContext, ports: Composition | None = None) -> dict[str, Any]:
            ports = ports or composition()

            def work(message: dict[str, Any]) -> dict[str, Any]:
                return use_case(InvoiceMessage.model_validate(message), ports).model_dump(mode="json")

            work_once = ports.once(work, prefix=prefix, context=context)

            def take(received: ReceivedMessage) -> MessageOutcome:
                message = read_message(received.body, InvoiceMessage)
                correlation_id = message.correlation_id or message.invoice
                logger.append_keys(**log_fields({"invoice": message.invoice, "correlation_id": correlation_id}))
                return MessageOutcome(result=work_once(message=message.model_dump()))

            return _consume(take, event, context, ports)

        return instrumented(handler)

    return decorate


class MessageOutcome(Model):
    """What became of a message, now or when it was received before."""

    result: dict[str, Any]


def count(name: str, value: int) -> None:
    """Put a count among the metrics of this call."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def gauge(legal_entity: str, values: Mapping[str, int]) -> None:
    """Publish what stands at this moment of a legal entity: whole numbers, under its name as a dimension."""
    if values:
        standing = EphemeralMetrics(namespace="Billproof", service="billproof")
        standing.add_dimension(name="legal_entity", value=legal_entity)
        for name, value in values.items():
            standing.add_metric(name=name, unit=MetricUnit.Count, value=value)
        standing.flush_metrics()


def read_message[M: BaseModel](body: str, model: type[M]) -> M:
    """Read a message of one of our own queues; raises Unreadable, so that it ends in the dead-letter queue."""
    try:
        return model.model_validate_json(body.encode(errors="surrogatepass"))
    except ValidationError as error:
        message = f"not a {model.__name__}: {what_is_wrong(error)}"
        raise Unreadable(message) from None


MOST_CAUGHT_LOGGED = 20
"""Of what the nets of one call caught, so many are logged with their tracebacks; all are counted."""


def instrumented(handler: Handler) -> Handler:
    """Add the log context, log and count what nets caught, and publish metrics where there are any."""

    @functools.wraps(handler)
    def measured(event: Event, context: LambdaContext, ports: Composition | None = None) -> dict[str, Any]:
        logger.set_correlation_id(context.aws_request_id)  # until a run, an exception or a message is known
        ports = ports or composition()
        origin = ORIGIN.set(Origin(context.function_name, context.aws_request_id))
        call = begin(_trace(context))
        try:
            return handler(event, context, ports)
        except Exception as error:  # noqa: BLE001 - the runtime logs what is raised
            raise without_text(error, call.trace) from None
        finally:
            ports.settle()
            ORIGIN.reset(origin)
            _report(call)
            if metrics.metric_set:
                metrics.flush_metrics()

    return cast("Handler", logger.inject_lambda_context(measured, clear_state=True))


def _trace(context: LambdaContext) -> str:
    """Return the id of X-Ray's trace, which the log lines carry too; where there is none, that of the call."""
    match = _TRACE_ROOT.search(os.environ.get("_X_AMZN_TRACE_ID", ""))
    return match[1] if match else str(context.aws_request_id)


def _report(call: Call) -> None:
    if call.caught:
        count("InternalErrors", len(call.caught))
    for error in call.caught[:MOST_CAUGHT_LOGGED]:
        log_failure("internal error", error, trace=call.trace)
