"""The ports of what functions send, start and archive: queues, state machines, mail. Each is built on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.settings import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from billproof.invoicing.links import CustomerPages
    from billproof.letters import DeadLetters
    from billproof.ports import Archive, FileLinks, Mailer, Queue, TaskTokens, Workflows


class Outgoing:
    """What a function sends to, and starts."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()

    def now(self) -> datetime:
        """Return the time, in UTC."""
        raise NotImplementedError

    @cached_property
    def exceptions(self) -> Workflows:
        """The state machine invoice_exception."""
        from billproof.adapters.aws.stepfunctions import StateMachine

        return StateMachine(client("stepfunctions"), self.settings.invoice_exception_arn)

    @cached_property
    def tokens(self) -> TaskTokens:
        """Executions that wait for an answer."""
        from billproof.adapters.aws.stepfunctions import StepFunctionsTokens

        return StepFunctionsTokens(client("stepfunctions"))

    @cached_property
    def usage_events(self) -> Queue:
        """The usage-events queue."""
        from billproof.adapters.aws.sqs import SqsQueue

        return SqsQueue(client("sqs"), self.settings.usage_events_queue)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """The dead letters of work queues."""
        from billproof.adapters.aws.dead_letters import SqsDeadLetters

        return SqsDeadLetters(client("sqs"), client("logs"), self.settings.queue_pairs)

    @cached_property
    def payment_events(self) -> Queue:
        """The payment-events queue."""
        from billproof.adapters.aws.sqs import SqsQueue

        return SqsQueue(client("sqs"), self.settings.payment_events_queue)

    @cached_property
    def postings(self) -> Queue:
        """The erp-postings queue."""
        from billproof.adapters.aws.sqs import SqsQueue

        return SqsQueue(client("sqs"), self.settings.postings_queue)

    @cached_property
    def deliveries(self) -> Queue:
        """The deliveries queue."""
        from billproof.adapters.aws.sqs import SqsQueue

        return SqsQueue(client("sqs"), self.settings.deliveries_queue)

    @cached_property
    def einvoices(self) -> Queue:
        """The queue of documents whose electronic form is to be made."""
        from billproof.adapters.aws.sqs import SqsQueue

        return SqsQueue(client("sqs"), self.settings.einvoices_queue)

    @cached_property
    def mailer(self) -> Mailer:
        """Outgoing mail."""
        from billproof.adapters.aws.ses import SesMailer

        return SesMailer(client("ses"))

    @cached_property
    def file_links(self) -> FileLinks:
        """Links to the files of the data bucket."""
        from billproof.adapters.aws.file_links import S3FileLinks

        return S3FileLinks(client("s3"), self.settings.data_bucket)

    @cached_property
    def billing_runs(self) -> Workflows:
        """The state machine billing_run."""
        from billproof.adapters.aws.stepfunctions import StateMachine

        return StateMachine(client("stepfunctions"), self.settings.billing_run_arn)

    @cached_property
    def reconciliations(self) -> Workflows:
        """The state machine reconciliation."""
        from billproof.adapters.aws.stepfunctions import StateMachine

        return StateMachine(client("stepfunctions"), self.settings.reconciliation_arn)

    @cached_property
    def archive(self) -> Archive:
        """Where issued documents are kept, locked; the facts of their release and delivery name their digests."""
        from billproof.adapters.aws.s3 import S3Archive

        settings = self.settings
        return S3Archive(client("s3"), settings.audit_bucket, mode=lambda: settings.archive_lock_mode, now=self.now)

    @property
    def customer_pages(self) -> CustomerPages | None:
        """Where the pages of customers are; None where the stack has none."""
        from billproof.invoicing.links import CustomerPages

        return CustomerPages(url, self.now) if (url := self.settings.customer_page_url) else None
