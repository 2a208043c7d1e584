"""Charts of accounts: the ledger accounts of a legal entity, and where its customers' money arrives."""

import operator
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from billproof.errors import InvalidInput
from billproof.model import Model
from billproof.names import Currency


class CashChart(Model):
    """Ledger accounts of payments.

    `unapplied` holds what arrived and pays nothing yet, a liability; `discounts`, `charges` and `differences` what
    customers do not pay of an invoice as its terms or the policy allow: discounts taken, charges of banks, small
    differences; `exchange` what an invoice and its payment differ by in the books (IAS 21.28, ASC 830-20-35-1); `fees`
    what gateways keep; `other_income` what a gateway gives back beyond what it took, and what we bear of what it takes
    beyond what was paid.
    """

    unapplied: str
    discounts: str
    charges: str
    differences: str
    exchange: str
    fees: str | None = Field(default=None, exclude_if=operator.not_)
    other_income: str | None = Field(default=None, exclude_if=operator.not_)


class CashAccount(Model):
    """Where money arrives: a bank account by its IBAN or number, or a gateway by its name, and its ledger account."""

    source: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,127}$")]
    currency: Currency
    ledger_account: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ChartOfAccounts(Model):
    """Ledger accounts of a legal entity; revenue by revenue category, with no silent default.

    With an account for `customer_balance`, a liability, documents may leave customers a balance. Without one
    for `contract_assets`, what is earned before it is billed is booked on deferred revenue. What is taken over from
    another system is booked against `opening`. `cash` holds the accounts that payments need.
    """

    receivable: str
    deferred_revenue: str
    tax_payable: str
    revenue: dict[str, str]
    bad_debt: str | None = None
    customer_balance: str | None = None
    contract_assets: str | None = None
    opening: str | None = Field(default=None, exclude_if=operator.not_)
    cash: CashChart | None = Field(default=None, exclude_if=operator.not_)

    @property
    def balance_account(self) -> str:
        """The account of customers' balances: a liability, or the receivable where the chart has none."""
        return self.customer_balance or self.receivable

    @property
    def asset_account(self) -> str:
        """The account of what is earned before it is billed."""
        return self.contract_assets or self.deferred_revenue

    def revenue_of(self, category: str) -> str:
        """Return the account of a revenue category; raises InvalidInput where the chart has none."""
        account = self.revenue.get(category)
        if account is None:
            message = f"the chart of accounts has no revenue account for {category!r}"
            raise InvalidInput(message)
        return account


class ErpBooks(Model):
    """Which books in an ERP are a legal entity's: names as the ERP has them, by ours.

    `accounts` are ledger accounts that the ERP calls otherwise: one that is not named has the same code there. `taxes`
    are those that tax amounts are reported under, by jurisdiction: with any, all must be named. The codes of customers
    begin with `party_prefix`, so that they are not those of parties of others.
    """

    company: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    journal: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    party_prefix: Annotated[str, StringConstraints(max_length=16)]
    accounts: dict[str, str] = Field(default_factory=dict)
    taxes: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one_to_one(self) -> Self:
        if len(set(self.accounts.values())) != len(self.accounts):
            message = "two accounts have one name in the ERP"
            raise ValueError(message)
        return self
