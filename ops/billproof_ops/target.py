"""Which AWS the command works on: AWS_ENDPOINT_URL, else the local stack that is up, else AWS by a stack's name."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.stepfunctions import StateMachine
from billproof.composition import Composition
from billproof.settings import Settings
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.invoking import answer_of
from billproof_ops.local import server
from billproof_ops.local.deployed import STACK, outputs

SETTINGS = {
    "DATA_BUCKET": "DataBucketName",
    "CONTRACTS_TABLE": "ContractsTableName",
    "INVOICES_TABLE": "InvoicesTableName",
    "LEDGER_TABLE": "LedgerTableName",
    "PAYMENTS_TABLE": "PaymentsTableName",
    "RUNS_TABLE": "RunsTableName",
    "EXCEPTIONS_TABLE": "ExceptionsTableName",
    "AUDIT_TABLE": "AuditTableName",
    "AUDIT_BUCKET": "AuditBucketName",
    "AUDIT_RETENTION_DAYS": "AuditRetentionDays",
    "DECISIONS_TABLE": "DecisionsTableName",
    "IDEMPOTENCY_TABLE": "IdempotencyTableName",
    "POSTINGS_QUEUE_URL": "ErpPostingsQueueUrl",
    "DELIVERIES_QUEUE_URL": "DeliveriesQueueUrl",
    "EINVOICES_QUEUE_URL": "EinvoicesQueueUrl",
    "PAYMENT_EVENTS_QUEUE_URL": "PaymentEventsQueueUrl",
    "BILLING_RUN_ARN": "BillingRunArn",
    "INVOICE_EXCEPTION_ARN": "InvoiceExceptionArn",
    "CUT_OFF_GRACE_HOURS": "CutOffGraceHours",
    "EVENT_AGE_DAYS": "EventAgeDays",
    "BUCKET_COUNT": "BucketCount",
    "STRIPE_SECRET_ARN": "StripeSecretArn",
    "CRM_EVENTS_QUEUE_URL": "CrmEventsQueueUrl",
    "TRYTON_SECRET_ARN": "TrytonSecretArn",
    "SAP_SECRET_ARN": "SapSecretArn",
    "STRIPE_PAYMENTS_SECRET_ARN": "StripePaymentsSecretArn",
    "SALESFORCE_SECRET_ARN": "SalesforceSecretArn",
    "HUBSPOT_SECRET_ARN": "HubspotSecretArn",
    "EVENTS_TABLE": "EventsTableName",
    "WEBHOOK_DELIVERIES_QUEUE_URL": "WebhookDeliveriesQueueUrl",
}
OPTIONAL = {output for output in SETTINGS.values() if output.endswith("SecretArn")}
"""What a stack has only where the counterpart is set up."""


def use_endpoint(endpoint: str) -> None:
    """Send every client of this process to an emulator, with its dummy credentials."""
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    os.environ.setdefault("AWS_DEFAULT_REGION", server.REGION)
    client.cache_clear()


def choose() -> None:
    """Choose the AWS to work on; raises OpsError where none is named, and WrongUse for an endpoint that is no URL."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        _refuse_what_is_no_url(os.environ["AWS_ENDPOINT_URL"])
        use_endpoint(os.environ["AWS_ENDPOINT_URL"].strip())
    elif (running_server := server.running()) is not None:
        use_endpoint(running_server.endpoint)
    elif not os.environ.get("BILLPROOF_STACK"):
        message = "no stack is up: 'billproof local up' starts one, BILLPROOF_STACK names one on AWS"
        raise OpsError(message)


def _refuse_what_is_no_url(endpoint: str) -> None:
    try:
        url = urlsplit(endpoint)
        is_url = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:  # a port that is none
        is_url = False
    if not is_url:
        message = f"AWS_ENDPOINT_URL is {endpoint!r}: write a URL such as http://localhost:4566"
        raise WrongUse(message)


@dataclass(frozen=True)
class Target:
    """A deployed stack: its outputs, and the ports that its functions use."""

    outputs: dict[str, str]

    @classmethod
    def find(cls) -> "Target":
        """Find the stack that the environment names."""
        choose()
        return cls(outputs=outputs(os.environ.get("BILLPROOF_STACK", STACK)))

    @cached_property
    def ports(self) -> Composition:
        """The ports of the functions, over this stack's resources."""
        return Composition(Settings({name: self.outputs.get(output, "") for name, output in SETTINGS.items()}))

    def call(self, output: str, event: dict[str, Any]) -> Any:
        """Invoke a function by its output and return what it returns; raises OpsError where it raised."""
        answer = answer_of(self.outputs[output], json.dumps(event).encode())
        payload = json.loads(answer.payload)
        if answer.is_error:
            raise OpsError(str(payload.get("errorMessage", payload)))
        return payload

    def machine(self, output: str) -> StateMachine:
        """Return a state machine by its output."""
        return StateMachine(client("stepfunctions"), self.outputs[output])

    def queue_depth(self, output: str) -> int:
        """Return how many messages a queue holds, waiting or in work."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        answer: dict[str, Any] = client("sqs").get_queue_attributes(
            QueueUrl=self.outputs[output], AttributeNames=list(names)
        )
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)
