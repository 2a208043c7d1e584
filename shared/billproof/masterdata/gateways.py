"""Payment gateways of a legal entity: whose money they hold, where they pay it out, and how they tell of it."""

import operator
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.masterdata.charts import CashAccount, ChartOfAccounts
from billproof.masterdata.csv_files import CsvShape, Header
from billproof.model import Model
from billproof.names import Currency

Source = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,127}$")]
Named = Annotated[str, StringConstraints(min_length=3, max_length=64)]
MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class GatewayKind(StrEnum):
    """How a gateway tells what it did."""

    MANUAL = "manual"
    """By settlement reports, CSV files of a declared format."""
    STRIPE = "stripe"
    """By events, and by its balance transactions, which Billproof asks it for."""


class MovementOfGateway(StrEnum):
    """What changes the balance that a gateway holds for a legal entity: there is nothing else."""

    CHARGE = "charge"
    """A customer paid."""
    REFUND = "refund"
    """A charge, or a part of it, was paid back to the customer."""
    DISPUTE = "dispute"
    """The customer's bank took a charge, or a part of it, back: a chargeback."""
    DISPUTE_WON = "dispute_won"
    """What a dispute took is there again."""
    DISPUTE_LOST = "dispute_lost"
    """What a dispute took is gone for good: nothing moves."""
    FEE = "fee"
    """What the gateway keeps; above zero where it gives a fee back."""
    PAYOUT = "payout"
    """The gateway sent money to the bank."""


class SettlementColumns(Model):
    """Which column of a settlement report says what.

    `reference` is the gateway's own id of a movement, `original` that of the charge which a refund or dispute is of,
    `payout` that of the payout which settles it. `fee` is what the gateway keeps of the movement in the same line.
    """

    booked_on: Header
    movement: Header
    reference: Header
    amount: Header
    original: Header
    payout: Header
    currency: Header | None = None
    fee: Header | None = None
    payer_name: Header | None = None
    remittance: tuple[Header, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """Every column that is read."""
        fields = self.model_dump(exclude={"remittance"}).values()
        return (*(header for header in fields if header is not None), *self.remittance)


class CsvSettlementFormat(CsvShape):
    """How a gateway writes its settlement reports.

    `movements` say what each text of that column means; a text that is not among them is refused. `signs` say whether
    amounts have the sign of what they do to the gateway's balance, or none; `fee_sign`, with a column for fees, whether
    a fee that is kept is written below zero (`effect`) or above it (`cost`).
    """

    columns: SettlementColumns
    movements: Annotated[dict[Header, MovementOfGateway], Field(min_length=1)]
    signs: Literal["effect", "unsigned"]
    fee_sign: Literal["effect", "cost"] | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> Self:
        if (self.currency is None) == (self.columns.currency is None):
            message = "the currency is either a column or one for the file"
            raise ValueError(message)
        if (self.columns.fee is None) != (self.fee_sign is None):
            message = "a column for fees needs fee_sign, and fee_sign its column"
            raise ValueError(message)
        return self


class StripeAccount(Model):
    """Which account of Stripe a gateway is.

    `livemode` says whether its payments are real. `event_destination` is what sends its events to EventBridge, if any.
    `metadata` names the keys of a charge's metadata whose values say what it pays, as `invoice` may. `pays_refunds`
    says whether Billproof has it refund what credit notes say.
    """

    account: Annotated[str, StringConstraints(pattern=r"^acct_[A-Za-z0-9]{1,64}$")]
    livemode: Annotated[bool, Field(strict=True)]
    event_destination: Annotated[str, StringConstraints(pattern=r"^ed_[A-Za-z0-9_]{1,128}$")] | None = None
    metadata: Annotated[tuple[MetadataKey, ...], Field(max_length=10)] = ()
    pays_refunds: Annotated[bool, Field(strict=True)] = False


class GatewayAccount(Model):
    """What a gateway holds for a legal entity in one currency.

    `source` names it among the cash accounts, whose ledger account is its clearing account: what customers paid and the
    gateway has not paid out. `pays_into` is the source of the bank account that payouts arrive on, at most
    `days_to_arrive` days from the day that the gateway says; an entry of that account whose payer or text has one of
    `bank_texts` is the gateway's.
    """

    source: Source
    kind: GatewayKind
    pays_into: Source
    days_to_arrive: Annotated[int, Field(strict=True, ge=0, le=60)]
    bank_texts: Annotated[tuple[Named, ...], Field(min_length=1, max_length=20)]
    report: CsvSettlementFormat | None = Field(default=None, exclude_if=operator.not_)
    stripe: StripeAccount | None = Field(default=None, exclude_if=operator.not_)

    @property
    def pays_refunds(self) -> bool:
        """Whether Billproof has it refund what is due; people do, where not."""
        return self.stripe is not None and self.stripe.pays_refunds

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if (self.kind is GatewayKind.MANUAL) != (self.report is not None):
            message = "a manual gateway, and no other, has the format of its settlement reports: report"
            raise ValueError(message)
        if (self.kind is GatewayKind.STRIPE) != (self.stripe is not None):
            message = "a gateway that is Stripe, and no other, names its account: stripe"
            raise ValueError(message)
        return self


def refuse_unsound(
    gateways: Sequence[GatewayAccount], accounts: Sequence[CashAccount], chart: ChartOfAccounts, books: str
) -> None:
    """Raise ValueError for gateways that cannot be booked: each has a clearing account and a bank account of its own.

    Both are in the currency of the books: what a payout in another one is worth differs from day to day.
    """
    sources = [gateway.source for gateway in gateways]
    if len(set(sources)) != len(sources):
        message = "two gateways have one source"
        raise ValueError(message)
    at_stripe = [(gateway.stripe.account, gateway.stripe.livemode) for gateway in gateways if gateway.stripe]
    if len(set(at_stripe)) != len(at_stripe):
        message = "two gateways are one account of Stripe"
        raise ValueError(message)
    if gateways and (chart.cash is None or chart.cash.fees is None):
        message = "with gateways, the chart of accounts names an account for their fees: cash.fees"
        raise ValueError(message)
    currencies = {account.source: account.currency for account in accounts}
    ledger = {account.source: account.ledger_account for account in accounts}
    for gateway in gateways:
        if gateway.pays_into in sources or {currencies.get(gateway.source), currencies.get(gateway.pays_into)} != {
            books
        }:
            message = "a gateway and the bank account that it pays into are cash accounts in the currency of the books"
            raise ValueError(message)
        if list(ledger.values()).count(ledger[gateway.source]) > 1:
            message = "the clearing account of a gateway is no other cash account's"
            raise ValueError(message)
