"""Count dead letters, show them and send them again. Works on every SQS, with or without StartMessageMoveTask.

SQS moves them by itself where it can and all are wanted, else one by one:

receive (hidden for a while) -> send to the source queue -> delete
                                    ^ crash: hidden for a while, then visible again
                                                                ^ crash: sent twice, accepted without change

A failed call of a scheduled function has no source queue: the function is called again with the event of the letter.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.dead_letters import depth, let_go, received
from billproof.approvals.actions import OperatorAction
from billproof.approvals.dismissing import LEAST_REASON
from billproof.ids import canonical_json
from billproof.letters import masked, masked_error
from billproof.periods import instant_text
from billproof.usage.discarded import discarded_key
from billproof_ops.actions import recorded
from billproof_ops.api import own_name
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.failures import WORK_QUEUES, Failure, failure_of
from billproof_ops.model import Shown
from billproof_ops.target import Target
from billproof_ops.waiting import until

SCHEDULED_CALLS = "scheduled-calls"
SCHEDULES = "schedules"
DEAD_ONLY = {SCHEDULED_CALLS: "ScheduledCallsDeadLettersUrl", SCHEDULES: "ScheduleDeadLettersUrl"}
"""Dead-letter queues that Lambda fills itself, with the record of a call that failed every time, and EventBridge."""
QUEUES = (*WORK_QUEUES, *DEAD_ONLY)
MOST_MOVED_PER_SECOND = 500
"""What StartMessageMoveTask takes."""
MOVING_SECONDS = 3_600


class QueueDepth(Shown):
    """A queue and its dead letters."""

    queue: str
    waiting: int
    dead_letters: int


class DeadLetter(Shown):
    """A dead letter as people look at it."""

    message_id: str
    sent_at: str
    body: str
    failure: Failure | None = None

    def with_values_masked(self) -> Self:
        """Return it as people see it who do not need its values."""
        failure = self.failure
        if failure is not None:
            failure = failure.model_copy(update={"error": masked_error(failure.error)})
        return self.model_copy(update={"body": masked(self.body), "failure": failure})


class Redriven(Shown):
    """What a redrive did, or would do."""

    queue: str
    dry_run: bool
    before: int
    matched: int
    sent_back: int
    after: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A work queue and its dead-letter queue, by URL; without a source its letters are calls of functions."""

    source: str | None
    dead: str


def pair_of(target: Target, queue: str) -> Pair:
    """Find a work queue and its dead-letter queue; raises WrongUse for an unknown name."""
    if queue in DEAD_ONLY:
        return Pair(source=None, dead=target.outputs[DEAD_ONLY[queue]])
    if queue not in WORK_QUEUES:
        message = f"there is no queue {queue}: use one of {', '.join(QUEUES)}"
        raise WrongUse(message)
    sqs, source = client("sqs"), target.outputs[WORK_QUEUES[queue]]
    attributes = sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["RedrivePolicy"])["Attributes"]
    name = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"].rsplit(":", 1)[-1]
    return Pair(source=source, dead=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def depths(target: Target) -> list[QueueDepth]:
    """Count what waits in every work queue and in its dead-letter queue; SQS's counts are approximate."""
    queue_depths = []
    for queue in QUEUES:
        pair = pair_of(target, queue)
        waiting = _depth(pair.source) if pair.source else 0
        queue_depths.append(QueueDepth(queue=queue, waiting=waiting, dead_letters=_depth(pair.dead)))
    return queue_depths


def peek(target: Target, queue: str, *, limit: int, contains: str = "") -> list[DeadLetter]:
    """Look at dead letters, and why each failed, and leave them where they are."""
    pair = pair_of(target, queue)
    held = list(_receive(pair.dead, _depth(pair.dead)))
    _let_go(pair.dead, held)
    letters = [(_shown(message), message) for message in held if contains in message["Body"]]
    letters.sort(key=lambda pair: (pair[0].sent_at, pair[0].message_id))
    return [
        letter.model_copy(update={"failure": failure_of(target, queue, message)}) for letter, message in letters[:limit]
    ]


def redrive(
    target: Target,
    queue: str,
    *,
    who: str | None = None,
    contains: str = "",
    limit: int | None = None,
    per_second: int = 50,
    dry_run: bool,
) -> Redriven:
    """Send dead letters back to their queue: those whose body contains a text, at most `limit`, at a rate.

    Who does is recorded in the audit chain. Scheduled functions are called again. It is safe to repeat: a consumer
    accepts a message that is sent twice without change, and a scheduled function only does what is still due.
    """
    if queue == SCHEDULES:
        remedy = "the next hour does what a schedule missed: see docs/runbooks/schedule-dead-letters.md"
        raise WrongUse(remedy)
    pair = pair_of(target, queue)
    before = _depth(pair.dead)
    if before == 0:
        return Redriven(queue=queue, dry_run=dry_run, before=0, matched=0, sent_back=0, after=0)
    if dry_run:
        return _sent_back(pair, queue, before, contains=contains, limit=limit, per_second=per_second, dry_run=True)
    known = f"{before} dead letters"
    with recorded(target, OperatorAction.REDRIVE_LETTERS, queue, who=who, before=known) as outcome:
        done = _sent_back(pair, queue, before, contains=contains, limit=limit, per_second=per_second, dry_run=False)
        outcome.after = f"{done.sent_back} sent back, {done.after} left"
    return done


def _sent_back(
    pair: Pair, queue: str, before: int, *, contains: str, limit: int | None, per_second: int, dry_run: bool
) -> Redriven:
    if pair.source and not (contains or limit or dry_run) and (moved := _move_all(pair, per_second)) is not None:
        after = _depth(pair.dead)
        return Redriven(queue=queue, dry_run=False, before=before, matched=moved, sent_back=moved, after=after)
    matched = sent = 0
    kept: list[dict[str, Any]] = []
    for message in _receive(pair.dead, before):
        if contains not in message["Body"] or (limit is not None and matched >= limit):
            kept.append(message)
            continue
        matched += 1
        if dry_run:
            kept.append(message)
            continue
        _send_back(pair, message["Body"])
        client("sqs").delete_message(QueueUrl=pair.dead, ReceiptHandle=message["ReceiptHandle"])
        sent += 1
        time.sleep(1 / per_second)
    _let_go(pair.dead, kept)
    return Redriven(
        queue=queue, dry_run=dry_run, before=before, matched=matched, sent_back=sent, after=_depth(pair.dead)
    )


class Discarded(Shown):
    """A dead letter that was put aside for good: what it was, by whom, when and why."""

    queue: str
    message_id: str
    sent_at: str
    body: str
    discarded_by: str
    discarded_at: str
    reason: str


def discard(target: Target, queue: str, message_id: str, *, who: str | None, reason: str) -> Discarded:
    """Remove one dead letter for good; what it was is kept first, under discarded/<queue>/.

    Raises WrongUse without a reason, or where `who` is named on AWS, and OpsError where there is no such letter.
    """
    if len(reason.strip()) < LEAST_REASON:
        message = "to discard a letter takes a reason that another person understands"
        raise WrongUse(message)
    pair = pair_of(target, queue)
    others = []
    wanted = None
    for letter in _receive(pair.dead, _depth(pair.dead)):
        if letter["MessageId"] == message_id:
            wanted = letter
        else:
            others.append(letter)
    _let_go(pair.dead, others)
    if wanted is None:
        message = f"there is no dead letter {message_id} in {queue}: billproof dlq peek {queue} shows them"
        raise OpsError(message)
    shown = _shown(wanted)
    kept = Discarded(
        queue=queue,
        **shown.model_dump(exclude={"failure"}),
        discarded_by=own_name(who),
        discarded_at=instant_text(target.ports.now()),
        reason=reason.strip(),
    )
    content = canonical_json(kept.model_dump(mode="json"))
    target.ports.objects.put(discarded_key(queue, message_id), content)
    client("sqs").delete_message(QueueUrl=pair.dead, ReceiptHandle=wanted["ReceiptHandle"])
    return kept


def _move_all(pair: Pair, per_second: int) -> int | None:
    """Let SQS send all letters back by itself, and return how many; None where the endpoint cannot."""
    sqs = client("sqs")
    arn, destination = (
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for url in (pair.dead, pair.source)
    )
    rate = min(per_second, MOST_MOVED_PER_SECOND)
    try:
        sqs.start_message_move_task(SourceArn=arn, DestinationArn=destination, MaxNumberOfMessagesPerSecond=rate)
    except (ClientError, ResponseParserError):  # an emulator without it, or no permission: one by one
        return None

    def over() -> dict[str, Any] | None:
        (task, *_) = sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1)["Results"]
        return None if task["Status"] in {"RUNNING", "CANCELLING"} else task

    task = until(over, what="moving the letters", timeout_seconds=MOVING_SECONDS)
    if task["Status"] != "COMPLETED":
        message = f"SQS stopped moving the letters ({task.get('FailureReason', task['Status'])}): do it again"
        raise OpsError(message)
    return int(task.get("ApproximateNumberOfMessagesMoved", 0))


def _send_back(pair: Pair, body: str) -> None:
    if pair.source is not None:
        client("sqs").send_message(QueueUrl=pair.source, MessageBody=body)
        return
    call = json.loads(body)  # the record that Lambda sends to the destination of a failed asynchronous call
    function = call["requestContext"]["functionArn"].removesuffix(":$LATEST")
    payload = json.dumps(call["requestPayload"]).encode()
    client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)


def _depth(url: str) -> int:
    return depth(client("sqs"), url)


def _receive(url: str, at_most: int) -> Iterator[dict[str, Any]]:
    return received(client("sqs"), url, at_most)


def _let_go(url: str, messages: list[dict[str, Any]]) -> None:
    let_go(client("sqs"), url, messages)


def _shown(message: dict[str, Any]) -> DeadLetter:
    milliseconds = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    sent_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(milliseconds / 1000))
    return DeadLetter(message_id=message["MessageId"], sent_at=sent_at, body=message["Body"])
