"""Feeding the demo: contracts and flights to their queues."""

from dataclasses import dataclass, replace

from rich.progress import Progress, TaskID

from billproof.approvals.model import Kind
from billproof_ops.demo import stand_in, story
from billproof_ops.demo.salesforce import PlayedSalesforce
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
        """Send the master data, let the CRM tell of its orders, and wait until all of it can be read back."""
        data = story.master_data().without_orders()
        if self.posts_in_tryton:
            data = replace(data, legal_entities=in_tryton(data.legal_entities))
        messages = [*data.messages(), data.crm_mapping.model_dump_json()]
        task = self.progress.add_task("Contracts to the contract-events queue", total=len(messages))
        self._enqueue("ContractEventsQueueUrl", [(message, 1) for message in messages], task)
        directory = self.target.ports.directory

        def loaded() -> bool | None:
            complete = (
                len(directory.meters()) >= len(data.meters)
                and all(directory.account(account.id) for account in data.accounts)
                and all(directory.contracts(contract.account) for contract in data.contracts)
                and len(directory.legal_entities()) >= len(data.legal_entities)
                and directory.crm_mapping(data.crm_mapping.id) is not None
            )
            return True if complete else None

        wait_until_empty(
            self.target, "ContractEventsQueueUrl", what="loading the contracts", timeout_seconds=DRAIN_SECONDS
        )
        until(loaded, what="loading the contracts", timeout_seconds=DRAIN_SECONDS)
        for _ in send(self.target, data.crosswalks, who=None, advance=lambda _: None):  # of accounts that are there
            pass
        adopt_policies(self.target)
        self._take_orders()

    def _take_orders(self) -> None:
        """Let Salesforce tell of its orders; say which of them waits, and for what."""
        salesforce, queue = PlayedSalesforce(), "CrmEventsQueueUrl"
        events = [(event, 1) for event in salesforce.events()]
        task = self.progress.add_task("Orders of the CRM", total=len(events))
        with stand_in.crm(salesforce):
            self._enqueue(queue, events, task)
            wait_until_empty(self.target, queue, what="reading the orders", timeout_seconds=DRAIN_SECONDS)
        everything = story.master_data()

        def ordered() -> bool | None:
            directory = self.target.ports.directory
            return True if all(directory.contracts(account.id) for account in everything.accounts) else None

        until(ordered, what="contracts of the orders", timeout_seconds=DRAIN_SECONDS)
        entity = everything.crm_mapping.legal_entity
        for state in self.target.ports.exception_store.waiting(entity, story.ORDERED):
            for finding in state.opened.findings if state.opened.kind is Kind.CONTRACT else ():
                waits = f"{state.opened.id} waits, {state.opened.amount} at risk: {finding.message}"
                self.progress.console.print(waits, markup=False, soft_wrap=True)

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
