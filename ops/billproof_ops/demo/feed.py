"""Feeding the demo: contracts and flights to their queues."""

from dataclasses import dataclass, replace

from rich.progress import Progress, TaskID

from billproof_ops.demo import story
from billproof_ops.demo.tryton import in_tryton
from billproof_ops.policies import confirm_policy, publish_policy
from billproof_ops.publishing import send
from billproof_ops.queues import send_all, wait_until_empty
from billproof_ops.target import Target
from billproof_ops.waiting import until

EVENTS_PER_MESSAGE = 500
DRAIN_SECONDS = 600
"""A call that died on a busy machine is tried again only when its message is visible again, after six minutes."""


@dataclass
class Feed:
    """Sends what the demo bills to a target."""

    target: Target
    progress: Progress
    posts_in_tryton: bool = False

    def load(self) -> None:
        """Send the master data, and wait until all of it can be read back."""
        data = story.master_data()
        if self.posts_in_tryton:
            data = replace(data, legal_entities=in_tryton(data.legal_entities))
        messages = data.messages()
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
            return True if complete else None

        wait_until_empty(
            self.target, "ContractEventsQueueUrl", what="loading the contracts", timeout_seconds=DRAIN_SECONDS
        )
        until(loaded, what="loading the contracts", timeout_seconds=DRAIN_SECONDS)
        for _ in send(self.target, expected.crosswalks, who=None, advance=lambda _: None):  # of accounts that are there
            pass
        adopt_policies(self.target)
        for waiting in story.waiting_orders():
            self.progress.console.print(waiting, markup=False, soft_wrap=True)

    def send(self, month: str) -> int:
        """Send a month of flights and its control totals; wait until they are in the log; return how many flights."""
        events = list(story.under_old_ids(story.events(month)))
        task = self.progress.add_task(f"{month} usage events", total=len(events))
        packed = list(story.messages(iter(events), events_per_message=EVENTS_PER_MESSAGE))
        packed += [
            (body, 0) for body, _ in story.messages(story.control_totals(month), events_per_message=EVENTS_PER_MESSAGE)
        ]
        self._enqueue("UsageEventsQueueUrl", packed, task)
        wait_until_empty(self.target, "UsageEventsQueueUrl", what="ingesting the events", timeout_seconds=DRAIN_SECONDS)
        return len(events)

    def _enqueue(self, queue: str, messages: list[tuple[str, int]], task: TaskID) -> None:
        for number in send_all(self.target, queue, messages):
            self.progress.advance(task, number)


def adopt_policies(target: Target) -> None:
    """Let one person publish the policies, and another one confirm them."""
    for policy in story.master_data().policies:
        publish_policy(target, policy.model_dump(mode="json"), who=story.PUBLISHER)
        confirm_policy(target, policy.id, policy.version, who=story.CONFIRMER)
