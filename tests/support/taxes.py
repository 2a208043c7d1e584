"""Sellers, customers and priced lines for tests of tax: as little as a rule of tax looks at."""

from datetime import date
from decimal import Decimal
from typing import Any

from billproof.approvals.policy import Policy
from billproof.contracts.charges import RecognitionMethod
from billproof.errors import UndeterminedTax
from billproof.invoicing.drafting import draft_invoice
from billproof.invoicing.model import Invoice
from billproof.masterdata.parties import Account, LegalEntity
from billproof.money import Money, Rounding
from billproof.periods import Period
from billproof.pricing.model import Adjusts, Explanation, LineKind, PricedAccount, PricedLine, RevenueSchedule
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.tax.charged import AccountCharges
from billproof.tax.model import AccountTax, Determination
from billproof.tax.rules import determine
from billproof.tax.service import tax_account
from billproof.usage.model import EventCounts
from billproof_ops.demo import story

DATA = story.master_data()
NO_EVENTS = EventCounts.zero()
NUMBERS = {
    "DE": "DE136695976",
    "FR": "FR40303265045",
    "NL": "NL4495445B01",
    "ES": "ESB58378431",
    "AT": "ATU13585627",
    "PT": "PT501964843",
    "GB": "GB980780684",
    "AU": "83914571673",
    "NO": "NO995525828MVA",
    "CH": "CHE-107.787.577 MWST",
}


def seller(country: str, *registered: str, absent: tuple[str, ...] = (), **changes: Any) -> LegalEntity:
    """A legal entity in a country, registered at home and where it is said, and declared absent where it is said."""
    document = DATA.legal_entities[0].model_dump(mode="json") | {"gateways": [], "documents": None}
    facts = {
        "address": address_of(country),
        "tax_registrations": [{"jurisdiction": place, "number": "1"} for place in (country, *registered)],
        "not_registered": [{"jurisdiction": place, "reason": "no customers to collect from"} for place in absent],
    }
    return LegalEntity.model_validate({**document, **facts, **changes})


def address_of(country: str, region: str | None = None, postal: str = "", city: str = "Somewhere") -> dict[str, Any]:
    return {"lines": [], "city": city, "postal_code": postal, "country": country, "region": region}


def customer(
    country: str, region: str | None = None, postal: str = "", city: str = "Somewhere", **changes: Any
) -> Account:
    """An account at a place; a business, with a tax number of its country where the tests know one."""
    document = DATA.accounts[0].model_dump(mode="json")
    facts = {"address": address_of(country, region, postal, city), "vat_number": NUMBERS.get(country)}
    return Account.model_validate({**document, **facts, **changes})


def found_tax(entity: LegalEntity, account: Account, day: str) -> str:
    """What is determined, in one line; `held` where nothing is."""
    try:
        tax = determine(legal_entity=entity, account=account, tax_point=date.fromisoformat(day))
    except UndeterminedTax:
        return "held"
    return said(tax)


def said(tax: Determination) -> str:
    parts = "".join(f" {part.name} {part.percent.normalize():f}" for part in tax.components)
    return f"{tax.jurisdiction} {tax.treatment} {tax.percent.normalize():f}{parts}"


def fee(
    start: str, end: str, net: str = "100.00", *, covered: str | None = None, currency: str = "EUR", **changes: Any
) -> PricedLine:
    """A priced line of an agreed period; `covered` is the first day that it does not pay for, if before its end."""
    period = Period(start=date.fromisoformat(start), end=date.fromisoformat(end))
    days = period.model_copy(update={"end": date.fromisoformat(covered or end)})
    line = PricedLine(
        id=f"fee:{period.name}",
        account="UA",
        kind=LineKind.CHARGE,
        term="fee",
        charge="fee",
        description="Fee",
        product="platform",
        revenue_category="subscription",
        service_period=period,
        covered=days,
        meter=None,
        unit=None,
        dimension={},
        quantity=Decimal(1),
        included_quantity=Decimal(0),
        billed_quantity=Decimal(1),
        net=Money.of(net, currency),
        recognition=RevenueSchedule(method=RecognitionMethod.STRAIGHT_LINE_DAYS, period=days),
        explanation=Explanation(
            contract="K",
            contract_version=1,
            price_model="flat",
            steps=(),
            proration=None,
            exact_amount=Decimal(net),
            rounding=Rounding.HALF_UP,
            note="",
        ),
    )
    return line.model_copy(update=changes)


def difference(line: PricedLine, net: str) -> PricedLine:
    """A line that bills more of an earlier one, or takes it back."""
    adjusts = Adjusts(period=line.service_period.name, line=line.id, numbers=("1",))
    changes = {"id": f"difference:{line.id}", "kind": LineKind.DIFFERENCE, "adjusts": adjusts}
    return line.model_copy(update={**changes, "net": Money.of(net, line.net.currency)})


def tax_lines(
    entity: LegalEntity, account: Account, *lines: PricedLine, issued: str, charged: AccountCharges | None = None
) -> AccountTax:
    """Tax lines as the step of a run does, on an invoice that is issued on a day."""
    plan = plan_of(entity, lines[0], issued)
    priced = PricedAccount(account=account.id, currency=lines[0].net.currency, period=plan.period, lines=lines)
    return tax_account(AccountTerms(account=account, contracts=()), priced, plan=plan, charged=charged)


def invoice_of(entity: LegalEntity, account: Account, *lines: PricedLine, issued: str) -> Invoice:
    """The invoice of some lines, as the step of a run drafts it."""
    plan = plan_of(entity, lines[0], issued)
    return draft_invoice(
        AccountTerms(account=account, contracts=()),
        plan=plan,
        priced=PricedAccount(account=account.id, currency=lines[0].net.currency, period=plan.period, lines=lines),
        taxed=tax_lines(entity, account, *lines, issued=issued).lines,
        calculations={},
        events=NO_EVENTS,
        late=NO_EVENTS,
    )


def plan_of(entity: LegalEntity, line: PricedLine, issued: str) -> BatchPlan:
    return BatchPlan(
        run="R",
        batch="B",
        legal_entity=entity,
        period=line.service_period,
        issue_date=date.fromisoformat(issued),
        buckets=(),
        meters=(),
        policy=Policy(id=entity.id, version=1),
        requested_by="carla",
        accounts=(),
    )
