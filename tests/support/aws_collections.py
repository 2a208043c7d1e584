"""What is collected in the chain over moto: customers are reminded, and people note what they promise."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from billproof.approvals.policy import Policy, ReminderLevel, ReminderRules, VarianceRules
from billproof.composition import Composition
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import PaymentMethod
from tests.support.api_events import DOCUMENT, route_event
from tests.support.aws_customer_pages import open_pages
from tests.support.aws_decisions import credit
from tests.support.aws_payments import pay
from tests.support.aws_resources import BUCKET, lost_for_a_while
from tests.support.gateways import CARDS
from tests.support.stripe_client import AccountClient
from tests.support.world import INC

RULES = ReminderRules(levels=(ReminderLevel(days_overdue=5, text="please pay these invoices."),), days_between=7)

DISPUTED = {"cause": "quantity", "owner": "billing", "deadline": "2013-05-01", "reason": "they count fewer flights"}
UPHELD = {"legal_entity": INC, "verdict": "upheld", "reason": "they are right"}


class Collected(Protocol):
    """What plays functions, at an hour."""

    now: datetime
    stripe: AccountClient

    def ports(self, function: str) -> Composition: ...

    def publish(self, *data: AnyMasterData) -> Any: ...

    def call(self, function: str, event: Any) -> Any: ...

    def messages(self, function: str, bodies: list[str]) -> object: ...

    def work_off(self) -> None: ...

    def ask(self, function: str, body: dict[str, Any], by: str | None, **in_path: str) -> Any: ...

    def adopt(self, *policies: Policy) -> None: ...


def collect(chain: Collected, policies: Iterable[Policy]) -> None:
    """Let customers pay, remind them of what is overdue, twice, note a promise of one invoice, write another off."""
    pay(chain)
    chain.adopt(
        *(
            policy.model_copy(update={"version": 2, "reminders": RULES, "variances": VarianceRules()})
            for policy in policies
        )
    )
    chain.now = datetime(2013, 4, 4, 17, tzinfo=UTC)
    promise = {"verdict": "promised", "until": "2013-04-30", "reason": "told us by telephone"}
    numbers = ["SKY-US-2013-000001"]
    for account in ("UA", "WN"):  # the number is of one of them
        chain.ask("note_collection", {"legal_entity": INC, **promise, "numbers": numbers}, "ana", account=account)
    credit(chain, f"{INC}.2013-01.WN", "W-1", reason="uncollectible")
    for account in ("WN", "MQ"):
        chain.ask("dispute_invoice", {**DISPUTED, "invoice": f"{INC}.2013-02.{account}"}, "ana")
    chain.ask("resolve_dispute", UPHELD, "ana", account="WN", dispute="1")
    for _ in range(2):
        chain.call("remind_customers", {})
    again = json.dumps({"invoice": f"{INC}.2013-01.WN", "resend": {"to": "right@wn.example", "ordinal": 1}})
    with lost_for_a_while(BUCKET, "documents/"):
        chain.messages("deliver_invoice", [again])
    chain.messages("deliver_invoice", [again])
    for document in ("statement", "reminder-2013-04-04"):
        chain.call("api_operations", route_event(DOCUMENT, "ana", account=reminded(chain), document=document))
    with lost_for_a_while(BUCKET, "invoices/"):
        chain.call("publish_metrics", {})
    open_pages(chain)
    charge_automatically(chain)


def reminded(chain: Collected) -> str:
    """Return the first customer that was reminded."""
    ports = chain.ports("remind_customers")
    accounts = ports.directory.members(INC)
    return next(name for name in accounts if ports.collection_book.state(INC, name).last_reminder)


def charge_automatically(chain: Collected) -> None:
    """Let a customer save a card that is declined, and then another one, and charge it each time twice."""
    directory = chain.ports("charge_customers").directory
    account, (contract, *_) = directory.account("B6"), directory.contracts("B6")
    assert account is not None
    chain.publish(contract.model_copy(update={"version": 2, "charges_automatically": True}))
    chain.stripe.account.declined["pm_old"] = "expired_card"
    charged = []
    for version, method in enumerate(("pm_old", "pm_new"), 2):
        saved = PaymentMethod(gateway=CARDS, customer="cus_1", method=method)
        chain.publish(account.model_copy(update={"version": version, "payment_method": saved}))
        charged += [chain.call("charge_customers", {"legal_entity": INC})["entities"] for _ in range(2)]
        chain.now += timedelta(days=9)
        chain.call("remind_customers", {"legal_entity": INC})
    counted = [(one["charged"] > 0, one["declined"] > 0) for (one,) in charged]
    assert counted == [(False, True), (False, False), (True, False), (False, False)]
    chain.work_off()


def collect_what_is_lost(chain: Collected) -> None:
    """Remind everybody, and refund, again when every invoice is lost, and uphold a dispute of one."""
    chain.now += timedelta(days=8)
    chain.call("remind_customers", {"legal_entity": INC})
    chain.call("pay_refunds", {"legal_entity": INC})
    chain.call("charge_customers", {"legal_entity": INC})
    chain.ask("resolve_dispute", UPHELD, "ana", account="MQ", dispute="1")
