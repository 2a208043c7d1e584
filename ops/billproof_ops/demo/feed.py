"""Feeding the demo: contracts and flights to their queues."""

from dataclasses import dataclass

from rich.progress import Progress, TaskID

from billproof.adapters.aws.clients import client
from billproof_ops.demo import story
from billproof_ops.errors import OpsError
from billproof_ops.policies import confirm_policy, publish_policy
from billproof_ops.target import Target
from billproof_ops.waiting import until

EVENTS_PER_MESSAGE = 500
MESSAGES_PER_CALL = 4
"""500 events are about 160 KB; a call to SQS takes a megabyte in all."""
DRAIN_SECONDS = 600
"""A call that died on a busy machine is tried again only when its message is visible again, after six minutes."""


@dataclass
class Feed:
    """Sends what the demo bills to a target."""

    target: Target
    progress: Progress

    def load(self) -> None:
        """Send the master data, and wait until all of it can be read back."""
        messages = story.master_data().messages()
        task = self.progress.add_task("Contracts to the contract-events queue", total=len(messages))
        self._enqueue("ContractEventsQueueUrl", [(message, 1) for message in messages], task)
        expected = story.master_data()

        def loaded() -> bool | None:
            directory = self.target.ports.directory
            complete = (
                len(directory.meters()) >= len(expected.meters)
                and all(directory.account(account.id) for account in expected.accounts)
                and all(directory.contracts(account.id) for account in expected.accounts)
                and len(directory.legal_entities()) >= len(expected.legal_entities)
            )
            return True if complete and self.target.queue_depth("ContractEventsQueueUrl") == 0 else None

        until(loaded, what="loading the contracts", timeout_seconds=DRAIN_SECONDS)
        adopt_policies(self.target)

    def send(self, month: str) -> int:
        """Send a month of flights and its control totals; wait until they are in the log; return how many flights."""
        events = list(story.events(month))
        task = self.progress.add_task(f"{month} usage events", total=len(events))
        packed = list(story.messages(iter(events), events_per_message=EVENTS_PER_MESSAGE))
        packed += [
            (body, 0) for body, _ in story.messages(story.control_totals(month), events_per_message=EVENTS_PER_MESSAGE)
        ]
        self._enqueue("UsageEventsQueueUrl", packed, task)
        self._drain("UsageEventsQueueUrl", "ingesting the events")
        return len(events)

    def _enqueue(self, queue: str, messages: list[tuple[str, int]], task: TaskID) -> None:
        for start in range(0, len(messages), MESSAGES_PER_CALL):
            chunk = messages[start : start + MESSAGES_PER_CALL]
            entries = [{"Id": str(number), "MessageBody": body} for number, (body, _) in enumerate(chunk)]
            answer = client("sqs").send_message_batch(QueueUrl=self.target.outputs[queue], Entries=entries)
            if answer.get("Failed"):
                message = f"the queue refused a message: {answer['Failed'][0]}"
                raise OpsError(message)
            self.progress.advance(task, sum(number for _, number in chunk))

    def _drain(self, queue: str, what: str) -> None:
        """Wait until a queue holds nothing, twice in a row: its counts are approximate."""
        times_empty = 0

        def empty() -> bool | None:
            nonlocal times_empty
            times_empty = times_empty + 1 if self.target.queue_depth(queue) == 0 else 0
            return True if times_empty > 1 else None

        until(empty, what=what, timeout_seconds=DRAIN_SECONDS)


def adopt_policies(target: Target) -> None:
    """Let one person publish the policies, and another one confirm them."""
    for policy in story.master_data().policies:
        publish_policy(target, policy.model_dump(mode="json"), who=story.PUBLISHER)
        confirm_policy(target, policy.id, policy.version, who=story.CONFIRMER)
