"""One account's month as pricing takes it: its terms, its plan and what it used, without any store."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pricing.model import LineKind, PricedAccount, PricedLine
from billproof.pricing.service import price_account
from billproof.pricing.terms import AccountTerms, BatchPlan, BilledLine, BookingRule, EarlierPeriod
from billproof.readings import Quantity
from billproof.usage.model import AccountUsage, EventCounts
from billproof.usage.windows import Usages, by_window
from billproof_ops.demo import story

DATA = story.master_data()
INC, PAYER = DATA.legal_entities[0], DATA.accounts[0]
ACCOUNT = "A"
"""The account of the contracts of tests.support.whole_contracts."""


def meter(name: str, aggregation: str = "sum", **more: Any) -> Meter:
    fields = {"id": name, "version": 1, "name": name, "unit": "units", "event_type": f"used.{name}"}
    value = {} if aggregation == "count" else {"value_property": "value"}
    return Meter.model_validate({**fields, "aggregation": aggregation, **value, **more})


def account(name: str = ACCOUNT) -> Account:
    return PAYER.model_copy(update={"id": name, "parent": None})


def plan_of(month: str = "2013-01", *meters: Meter, **changes: Any) -> BatchPlan:
    """A plan of a month in dollars, half up, issued on its end."""
    period = Period.month(month)
    fields: dict[str, Any] = {
        "run": "R",
        "batch": "B",
        "legal_entity": INC,
        "period": period,
        "issue_date": period.end,
        "buckets": (),
        "meters": meters,
        "policy": Policy(id=INC.id, version=1),
        "requested_by": "carla",
        "accounts": (),
    }
    return BatchPlan(**{**fields, **changes})


def terms_of(*contracts: Contract, **more: Any) -> AccountTerms:
    fields: dict[str, Any] = {"account": account(), "contracts": contracts, "booking": BookingRule.BY_DOCUMENT}
    return AccountTerms(**{**fields, **more})


def usage_of(
    *quantities: Quantity, name: str = ACCOUNT, month: str = "2013-01", types: dict[str, int] | None = None
) -> AccountUsage:
    return AccountUsage(
        account=name,
        period=month,
        counts=EventCounts.zero(),
        metered_types=types or {},
        orphan_types={},
        quantities=quantities,
    )


def used(name: str, quantity: str, **more: Any) -> Quantity:
    return Quantity(
        **{"meter": name, "group_by": (), "dimension": {}, "quantity": Decimal(quantity), "events": 1, **more}
    )


def usages_of(*usages: AccountUsage) -> Usages:
    return by_window(usages)


def priced(terms: AccountTerms, plan: BatchPlan, usages: Sequence[AccountUsage] = ()) -> PricedAccount:
    """Price the account; months of which nothing is said used nothing."""
    months = [plan.period.name, *(month.period.name for month in terms.earlier)]
    nothing = {
        (member.id, month): usage_of(name=member.id, month=month) for member in terms.members for month in months
    }
    account_priced = price_account(terms, plan=plan, usages={**nothing, **by_window(usages)})
    assert account_priced is not None
    return account_priced


def billed_of(line: PricedLine, **changes: Any) -> BilledLine:
    """What was billed with a line, by one invoice."""
    why, schedule = line.explanation, line.recognition
    same = {name: getattr(line, name) for name in BilledLine.model_fields.keys() & PricedLine.model_fields.keys()}
    facts = {
        "line": line.id,
        "is_draw": line.kind is LineKind.CREDIT,
        "contract": why.contract,
        "contract_version": why.contract_version,
        "recognition_method": schedule.method,
        "recognized_over": schedule.period,
        "numbers": ("N-1",),
    }
    return BilledLine(**{**same, **facts, **changes})


def earlier_of(month: str, *contracts: Contract, billed: Iterable[BilledLine] = (), **more: Any) -> EarlierPeriod:
    """A month that is settled again, by the terms that are known now."""
    facts: dict[str, Any] = {"period": Period.month(month), "ordinal": 1, "rounding": Rounding.HALF_UP}
    return EarlierPeriod(**{**facts, "contracts": contracts, "billed": tuple(billed), **more})


def table(account_priced: PricedAccount) -> dict[str, str]:
    """The lines that are not zero."""
    return {line.id: line.net.text for line in account_priced.lines if not line.net.is_zero}
