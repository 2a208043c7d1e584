"""Sending messages to a queue of the stack, and waiting until it holds none."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from billproof.adapters.aws.clients import client
from billproof.cutting import cut
from billproof_ops.errors import OpsError
from billproof_ops.failures import failures_since
from billproof_ops.target import Target
from billproof_ops.waiting import until

MESSAGES_PER_CALL = 10
BYTES_PER_CALL = 900_000
"""A call to SQS takes ten messages, and a megabyte in all."""
TIMES_EMPTY = 2
"""How often in a row a queue is looked at: its counts are approximate."""
STALLED_SECONDS = 15
TRIES = 5
"""How often a queue delivers a message before it is a dead letter, as the template says."""


def send_all(target: Target, output: str, bodies: Iterable[tuple[str, int]]) -> Iterator[int]:
    """Send messages, each with its number of things, in as few calls as there can be; yield what each call sent.

    Raises OpsError where the queue refuses one.
    """
    for call in cut(bodies, most=MESSAGES_PER_CALL, size_of=_size_of, most_size=BYTES_PER_CALL):
        yield _send(target, output, call)


def _size_of(message: tuple[str, int]) -> int:
    return len(message[0].encode())


def _send(target: Target, output: str, messages: list[tuple[str, int]]) -> int:
    entries = [{"Id": str(number), "MessageBody": body} for number, (body, _) in enumerate(messages)]
    answer = client("sqs").send_message_batch(QueueUrl=target.outputs[output], Entries=entries)
    if answer.get("Failed"):
        message = f"the queue refused a message: {answer['Failed'][0]}"
        raise OpsError(message)
    return sum(number for _, number in messages)


def wait_until_empty(target: Target, output: str, *, what: str, timeout_seconds: float) -> None:
    """Wait until a queue holds nothing.

    Raises OpsError when the time is up, as soon as nothing moved for a while and its function logs that it fails, and
    where the queue is empty because messages became dead letters: what cannot be read is tried again at once.
    """
    times_empty = 0
    depth, moved_at, began_at = -1, time.monotonic(), time.time()

    def empty() -> bool | None:
        nonlocal times_empty, depth, moved_at
        now = target.queue_depth(output)
        times_empty = times_empty + 1 if now == 0 else 0
        if now != depth:
            depth, moved_at = now, time.monotonic()
        elif now and time.monotonic() - moved_at > STALLED_SECONDS:
            moved_at = time.monotonic()
            _refuse_failing(target, output, since=began_at - STALLED_SECONDS, least_tries=1)
        return True if times_empty >= TIMES_EMPTY else None

    until(empty, what=what, timeout_seconds=timeout_seconds)
    _refuse_failing(target, output, since=began_at - STALLED_SECONDS, least_tries=TRIES)


def _refuse_failing(target: Target, output: str, *, since: float, least_tries: int) -> None:
    failures = failures_since(target, output, since)
    tries = Counter(failure.message_id for failure in failures)
    failing = [failure for failure in failures if tries[failure.message_id] >= least_tries]
    if failing:
        last = failing[-1]
        message = (
            f"{len({failure.message_id for failure in failing})} messages of {output.removesuffix('QueueUrl')} fail, "
            f"such as {last.message_id} with {last.error}: after five tries billproof dlq peek shows them"
        )
        raise OpsError(message)
