"""Reading dead-letter queues of SQS, and sending their letters back one by one.

receive (hidden for HIDDEN_SECONDS) -> send to the source queue -> delete
                                    ^ crash: hidden for a while, then visible again
                                                                ^ crash: sent twice, accepted without change
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from billproof.adapters.aws.faults import outside
from billproof.errors import ExternalServiceUnavailable, InvalidInput, NotFound
from billproof.ids import shown
from billproof.letters import DeadQueue, Letter, QueuePair
from billproof.periods import instant_text

HIDDEN_SECONDS = 120
MESSAGES_PER_CALL = 10
EMPTY_ANSWERS = 3
"""SQS asks only some of its servers: this many empty answers in a row count as an empty queue."""
LINES_LOOKED_AT = 100
_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


def depth(sqs: Any, url: str) -> int:
    """Return about how many messages a queue holds, waiting or in work; raises ExternalServiceUnavailable."""
    with outside("sqs"):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
    return sum(int(attributes[name]) for name in _COUNTS)


def received(sqs: Any, url: str, at_most: int) -> Iterator[dict[str, Any]]:
    """Yield at most so many messages that are there now, each once; no other is hidden."""
    message_ids: set[str] = set()
    empty = 0
    while len(message_ids) < at_most and empty < EMPTY_ANSWERS:
        with outside("sqs"):
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(MESSAGES_PER_CALL, at_most - len(message_ids)),
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in message_ids]
        empty = 0 if fresh else empty + 1
        for message in fresh:
            message_ids.add(message["MessageId"])
            yield message


def let_go(sqs: Any, url: str, messages: Sequence[Mapping[str, Any]]) -> None:
    """Let messages that were received be seen again at once."""
    for message in messages:
        with outside("sqs"):
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)


def sent_at(message: Mapping[str, Any]) -> str:
    """Return the moment at which a message was sent."""
    milliseconds = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    return instant_text(datetime.fromtimestamp(milliseconds / 1000, UTC))


class SqsDeadLetters:
    """The dead letters of work queues, by the names of the queues."""

    def __init__(self, sqs: Any, logs: Any, pairs: Mapping[str, QueuePair]) -> None:
        self._sqs = sqs
        self._logs = logs
        self._pairs = pairs

    def queues(self) -> list[DeadQueue]:
        """Count what waits in every work queue, and in its dead-letter queue; SQS's counts are approximate."""
        return [
            DeadQueue(queue=name, waiting=depth(self._sqs, pair.queue), dead_letters=depth(self._sqs, pair.dead))
            for name, pair in sorted(self._pairs.items())
        ]

    def letters(self, queue: str, *, most: int) -> list[Letter]:
        """Return the oldest of some dead letters with their errors, and leave them where they are."""
        pair = self._pair(queue)
        held = list(received(self._sqs, pair.dead, most))
        let_go(self._sqs, pair.dead, held)
        known = sorted(held, key=lambda message: (sent_at(message), message["MessageId"]))
        return [
            Letter(
                id=message["MessageId"],
                sent_at=sent_at(message),
                body=message["Body"],
                error=self._error(pair.log, message),
            )
            for message in known
        ]

    def send_back(self, queue: str, *, most: int) -> int:
        """Send dead letters back to their queue, and return how many; doing it again is harmless."""
        pair, sent = self._pair(queue), 0
        for message in received(self._sqs, pair.dead, most):
            with outside("sqs"):
                self._sqs.send_message(QueueUrl=pair.queue, MessageBody=message["Body"])
                self._sqs.delete_message(QueueUrl=pair.dead, ReceiptHandle=message["ReceiptHandle"])
            sent += 1
        return sent

    def _pair(self, queue: str) -> QueuePair:
        if queue not in self._pairs:
            message = f"there is no queue {shown(queue)}"
            raise NotFound(message)
        return self._pairs[queue]

    def _error(self, log: str, message: Mapping[str, Any]) -> str:
        """Return what the function of a queue logged last of a message, or nothing where its log does not say."""
        start = int(message.get("Attributes", {}).get("SentTimestamp", 0))
        pattern = f'"{message["MessageId"]}"'
        try:
            with outside("logs"):
                answer = self._logs.filter_log_events(
                    logGroupName=log, filterPattern=pattern, startTime=start, limit=LINES_LOOKED_AT
                )
        except (ExternalServiceUnavailable, InvalidInput):  # the letter is shown all the same
            return ""
        errors = [
            str(line["error"])
            for event in answer.get("events", [])
            if (line := read_line(event["message"])).get("message_id") == message["MessageId"] and "error" in line
        ]
        return errors[-1] if errors else ""


def read_line(text: str) -> dict[str, Any]:
    """Return the fields of a line of a log; none of one that no handler of ours wrote."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}
