"""Dead letters: which queues have any, what each says, and why it failed."""

from typing import Protocol

from billproof.model import Model, Whole


class QueuePair(Model):
    """A work queue and its dead-letter queue, by URL, and the log group of the function that reads it."""

    queue: str
    dead: str
    log: str


class DeadQueue(Model):
    """About how many messages wait in a queue, and how many are dead."""

    queue: str
    waiting: Whole
    dead_letters: Whole


class Letter(Model):
    """A dead letter as it is, and the error that its function logged last of it, where it did."""

    id: str
    sent_at: str
    body: str
    error: str


class DeadLetters(Protocol):
    """The dead letters of work queues."""

    def queues(self) -> list[DeadQueue]:
        """Count what waits in every work queue, and in its dead-letter queue."""

    def letters(self, queue: str, *, most: int) -> list[Letter]:
        """Return some dead letters, the oldest first, and leave them where they are; raises NotFound."""

    def send_back(self, queue: str, *, most: int) -> int:
        """Send dead letters back to their queue, and return how many; raises NotFound."""
