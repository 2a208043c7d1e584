"""Payments of the chain over moto."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from billproof.adapters.aws.clients import client
from billproof.adapters.stripe.amounts import units_of
from billproof.composition import Composition
from billproof.masterdata.model import AnyMasterData
from billproof.money import Money
from billproof.payments.model import CashReceipt, Payer
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry
from billproof_ops.demo import story
from tests.support.aws_decisions import credit
from tests.support.aws_resources import BUCKET
from tests.support.bank_files import camt
from tests.support.invoking import BANK_FILES
from tests.support.stripe_client import AccountClient
from tests.support.stripe_world import at_stripe, signed
from tests.support.world import INC

ACCOUNT = "021000021-4401"
REFUNDED = f"{INC}.2013-01.B6"


class Consumers(Protocol):
    """What plays functions, and the account at Stripe that they ask."""

    now: datetime
    stripe: AccountClient

    def call(self, function: str, event: Any) -> Any: ...

    def ports(self, function: str) -> Composition: ...

    def publish(self, *data: AnyMasterData) -> Any: ...

    def messages(self, function: str, bodies: list[str]) -> object: ...

    def ask(self, function: str, body: dict[str, Any], by: str | None, **in_path: str) -> Any: ...

    def work_off(self) -> None: ...


def pay(chain: Consumers) -> None:
    """Take receipts in, of a number, a name and nobody; decide about one twice over, undo it, and have two returned."""
    arrived: dict[str, Any] = {
        "legal_entity": INC,
        "channel": "bank",
        "source": ACCOUNT,
        "booked_on": "2013-03-04",
    }
    paid, unknown = (
        {**arrived, "reference": reference, "amount": {"amount": "10.00", "currency": "USD"}, **told}
        for reference, told in (
            ("one", {"remittance": "SKY-US-2013-000001"}),
            ("two", {"payer": {"name": "nobody we know", "account": "GB33BUKB20201555555555"}}),
        )
    )
    named = {**paid, "reference": "three", "remittance": "", "payer": {"name": "United Air Lines Inc."}}
    returned: dict[str, Any] = {
        "kind": "returned",
        **{name: arrived[name] for name in ("legal_entity", "channel", "source")},
    }
    returned |= {"original": "one", "reference": "back", "amount": paid["amount"]}
    receipts = [{"kind": "receipt", "receipt": receipt} for receipt in (paid, unknown, named, paid)]
    chain.messages("apply_payment", [json.dumps(message) for message in (*receipts, returned)])
    chain.messages("apply_payment", ["{"])
    receipt = CashReceipt.model_validate(unknown).id
    pays = [{"number": "SKY-US-2013-000001", "amount": "5.00"}]
    said = {"legal_entity": INC, "reason": "told us by telephone"}
    chain.ask("decide_receipt", {**said, "verdict": "applied", "account": "UA", "pays": pays}, "ben", receipt=receipt)
    chain.work_off()
    chain.ask("decide_receipt", {**said, "verdict": "reversed"}, "ben", receipt=receipt)
    gone = {"verdict": "returned", "amount": "1.00", "reference": "S1/2"}
    chain.ask("decide_receipt", {**said, **gone}, "ben", receipt=receipt)
    put_bank_files(chain)
    chain.work_off()
    pay_by_stripe(chain)
    chain.work_off()
    pay_back_at_the_bank(chain)


def pay_by_stripe(chain: Consumers) -> None:
    """Let a customer pay by Stripe, which tells of it twice, and of something else, and refund it of that."""
    entity = next(entity for entity in story.master_data().legal_entities if entity.id == INC)
    chain.publish(at_stripe(entity, pays_refunds=True))
    item = chain.ports("pay_refunds").refund_sources(INC).receivables.item(REFUNDED)
    assert item is not None
    charge = chain.stripe.account.charge("ch_1", units_of(item.open), fee=59, description=item.number, payer="")
    for event in (charge, charge, charge | {"data": {"object": {"object": "customer"}}}):
        assert chain.call("receive_stripe_event", signed(json.dumps(event), chain.now))["statusCode"] == 200
    chain.work_off()
    credit(chain, REFUNDED, "R-1", refund=True)
    refunds = [chain.call("pay_refunds", {})["entities"] for _ in range(2)]
    assert [sum(entity["paid"] for entity in entities) for entities in refunds] == [1, 0]


def pay_back_at_the_bank(chain: Consumers) -> None:
    """Let the bank tell of a payment to a customer that a credit note was released for; no refund explains it."""
    item = chain.ports("pay_refunds").refund_sources(INC).receivables.item(REFUNDED)
    assert item is not None
    day, paid = date(2013, 3, 6), Money.of(Decimal(-5), "USD")
    payee = Payer(name="a customer", account="GB33BUKB20201555555555")
    entry = StatementEntry(
        amount=paid, kind=MovementKind.DEBIT, booked_on=day, value_on=day, party=payee, remittance=item.number
    )
    days = {"account": ACCOUNT, "currency": "USD", "starts_on": day, "ends_on": day}
    statement = BankStatement.of(**days, opening=-paid, closing=Money.zero("USD"), entries=(entry,))
    key = f"bank-statements/{INC}/paid-back.xml"
    version = client("s3").put_object(Bucket=BUCKET, Key=key, Body=camt(statement))["VersionId"]
    put = {"Records": [{"s3": {"object": {"key": key, "versionId": version}}}]}
    chain.messages("take_statement", [json.dumps(put)])


def put_bank_files(chain: Consumers) -> None:
    """Let a bank put its files, and tell of one of them twice; another is not sound. Its account takes money back."""
    for key, data in BANK_FILES.items():
        reversed_fee = data.replace(b"<AddtlNtryInf>", b"<RvslInd>true</RvslInd><AddtlNtryInf>")
        version = client("s3").put_object(Bucket=BUCKET, Key=key, Body=reversed_fee)["VersionId"]
        client("s3").put_object(Bucket=BUCKET, Key=key, Body=data)
        told = {"Records": [{"s3": {"object": {"key": key.replace(" ", "+"), "versionId": version}}}]}
        for _ in range(2):
            chain.messages("take_statement", [json.dumps(told)])
