"""Pricing charges outside of any run, by the rules that invoices are priced by."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Annotated, Any, Self

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter, ValidationError, model_validator

from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.contracts.timeline import Timeline, timelines
from billproof.errors import InvalidInput
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import Model
from billproof.money import Money, Rounding, exactly, total
from billproof.names import Currency
from billproof.periods import DateRange, Period, add_months
from billproof.pricing.commitment_terms import terms_over
from billproof.pricing.commitments import commitment_lines, committed
from billproof.pricing.draws import draw_lines, stated_order
from billproof.pricing.lines import Basis
from billproof.pricing.model import Adjusts, PricedLine
from billproof.pricing.models import Price, price_model
from billproof.pricing.owed import owed
from billproof.pricing.quoted_usage import ChargeUsage, UsageGiven
from billproof.pricing.reading import Read
from billproof.pricing.terms import Committed
from billproof.readings import Quantity

MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
QUOTE = "quote"
MAX_CHARGES = 100
LONGEST_FEE = 12
"""How many months before a term a fee may be billed that has days in it: those of a year in advance."""


class _AsPrice:
    """Says in the JSON Schema that a value is a price; it is read once, with the charge that it is of."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(TypeAdapter(Price).core_schema)


def _charge(fields: dict[str, Any]) -> Charge | None:
    """Read a charge; None where something is wrong with it: the contract is then read whole, and says where."""
    try:
        return Charge.model_validate(fields)
    except ValidationError:
        return None


def _plain(currency: str, charge: Charge) -> Contract:
    """Return a contract that says nothing but its charge: there is nothing in it that could be wrong."""
    said = {
        "id": QUOTE,
        "account": QUOTE,
        "version": 1,
        "signed_by": "",
        "effective": DateRange(start=date.min),
        "currency": currency,
        "time_zone": "UTC",
        "charges": (charge,),
    }
    fields = {**_left_out(), **said}
    return Contract.construct_trusted(**{name: fields[name] for name in Contract.model_fields})


@cache
def _left_out() -> dict[str, Any]:
    """Return what a contract says where it says nothing."""
    fields = Contract.model_fields.items()
    return {name: field.get_default(call_default_factory=True) for name, field in fields if not field.is_required()}


class ChargeGiven(Model):
    """A charge of a request beside the first: its price, whatever else of a charge it needs, and what was used of it.

    Without an `id` it is called charge-2, charge-3 and so on; without a `meter` it reads one of its own.
    """

    price: Annotated[dict[str, Any], _AsPrice]
    usage: UsageGiven = Field(default_factory=UsageGiven)
    charge: dict[str, Any] = Field(default_factory=dict)

    def fields(self, start: date, suffix: str) -> dict[str, Any]:
        """Return the fields of the charge, with plain ones for what is left out."""
        model = str(self.price.get("model"))
        priced = price_model(model)
        charge: dict[str, Any] = {
            "id": f"charge{suffix}",
            "name": model,
            "product": "product",
            "revenue_category": "revenue",
            "timing": "in_arrears",
            "effective": {"start": start},
        }
        if (priced is None or priced.needs_quantity) and not {"meter", "quantity"} & self.charge.keys():
            charge["meter"] = f"usage{suffix}"
        if self.usage.groups and "group_by" not in self.charge:
            charge["group_by"] = tuple(self.usage.groups[0].dimension)
        if self.usage.days and "seats_meter" not in self.charge:
            charge["seats_meter"] = f"seats{suffix}"
        return {**charge, **self.charge, "price": self.price}


class TaxGiven(Model):
    """Who bills and who is billed, so that tax is determined over the lines as on an invoice of the period's end."""

    legal_entity: LegalEntity
    account: Account


class PriceRequest(ChargeGiven):
    """Charges to price: the first by its price, and whatever else of a charge and a contract it needs; then others.

    `charge` takes the fields of a contract's charge, `terms` those of a contract (discounts, commitments, caps,
    credits, waivers, proration, renewal), which hold for all charges. What is left out is plain: a charge in arrears by
    calendar months that covers the period, read from one meter where its price needs one. `period` is the month whose
    invoice would bill it. With `tax` the answer has the tax of each line, and the totals.
    """

    currency: Currency
    rounding: Rounding
    period: Annotated[str, Field(pattern=MONTH)]
    terms: dict[str, Any] = Field(default_factory=dict)
    others: Annotated[tuple[ChargeGiven, ...], Field(max_length=MAX_CHARGES)] = ()
    tax: TaxGiven | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.contract()
        return self

    @property
    def given(self) -> list[ChargeGiven]:
        """The charges, the first one first."""
        return [self, *self.others]

    def contract(self) -> Contract:
        """Return the contract that has these charges alone; raises pydantic's ValidationError."""
        start = Period.month(self.period).start
        charges = [
            charge.fields(start, f"-{number}" if number > 1 else "")
            for number, charge in enumerate(self.given, start=1)
        ]
        if not (self.terms or self.others or self.tax) and (parsed := _charge(charges[0])) is not None:
            return _plain(self.currency, parsed)
        terms = {
            "id": QUOTE,
            "account": self.tax.account.id if self.tax else QUOTE,
            "version": 1,
            "signed_by": "",
            "effective": {"start": date.min},
            "currency": self.currency,
            "time_zone": "UTC",
        }
        return Contract.model_validate({**terms, **self.terms, "charges": charges})


class Quote(Model):
    """What the lines come to, and the lines with their explanations."""

    amount: Money
    lines: tuple[PricedLine, ...]


@exactly
def quote(request: PriceRequest) -> Quote:
    """Price the charges; raises UnpriceableCharge as an invoice would, and InvalidInput for an amount too large."""
    contract, period = request.contract(), Period.month(request.period)
    basis = _basis(request, contract, period)
    with sums_that_fit():
        lines: list[PricedLine] = []
        for timeline in timelines([contract], period):
            lines += _lines(timeline, basis, _billed_of_terms(timeline, basis))
        return Quote(amount=total((line.net for line in lines), request.currency), lines=tuple(lines))


@contextmanager
def sums_that_fit() -> Iterator[None]:
    """Raise InvalidInput where what is worked out has more digits than an amount or a quantity may have."""
    try:
        yield
    except ValidationError:
        message = "an amount or a quantity has more than 23 digits before the point"
        raise InvalidInput(message) from None


def _billed_of_terms(timeline: Timeline, basis: Basis) -> dict[tuple[str, str, date], Committed]:
    """Return what invoices of earlier months bill of the terms that end in the month: their fees.

    The request says nothing of their usage, so that is none.
    """
    terms = [term for term in terms_over(timeline, basis.period) if term.is_due_in(basis.period)]
    if not terms:
        return {}
    first = add_months(min(term.whole.start for term in terms).replace(day=1), -LONGEST_FEE)
    lines: list[PricedLine] = []
    while first < basis.period.start:
        month = Period(start=first, end=add_months(first, 1))
        earlier = replace(basis, period=month, quantities=[], carried={}, prefixes=frozenset())
        for terms_then in timelines([timeline.governing_versions[0][0]], month):
            lines += (_of_month(line, month) for line in owed(terms_then, earlier).lines)
        first = month.end
    billed = {term.key: committed(term, lines) for term in terms}
    return {key: known for key, known in billed.items() if known.reached or known.divided}


def _of_month(line: PricedLine, month: Period) -> PricedLine:
    return line.model_copy(update={"adjusts": Adjusts(period=month.name, line=line.id, numbers=())})


def _lines(timeline: Timeline, basis: Basis, before: Mapping[tuple[str, str, date], Committed]) -> list[PricedLine]:
    """Return every line of a month, given what was billed of terms; what they fall short of draws credits, too."""
    due = owed(timeline, basis)
    counted = (*due.lines, *due.to_come)
    shortfalls = commitment_lines(timeline, basis.period, counted, before, basis.rounding, basis.line_ids)
    lefts = stated_order(timeline, [*due.lefts, *((line, line.net) for line in shortfalls)])
    draws = draw_lines(timeline, lefts, basis.period, {}, basis.rounding, basis.line_ids)
    return [*due.lines, *draws, *shortfalls]


def _basis(request: PriceRequest, contract: Contract, period: Period) -> Basis:
    """Measure what the request says of each charge, as a run does."""
    usages = []
    for charge, given in zip(contract.charges, request.given, strict=True):
        alone = contract.model_copy(update={"charges": (charge,)})
        usages.append(ChargeUsage(charge, given.usage, Read.of([alone], period), period))
    for usage in usages:
        usage.refuse_other_kinds()
    usages.sort(key=lambda usage: not usage.is_stated)  # a meter that two charges read is stated with one of them
    quantities: dict[tuple[object, ...], Quantity] = {}
    for usage in usages:
        for measured in usage.quantities():
            group = tuple(measured.dimension.items())
            key = (measured.meter, measured.group_by, measured.variant, measured.part, group)
            if quantities.setdefault(key, measured) != measured and usage.is_stated:
                message = f"two charges read meter {measured.meter} and say different usage of it"
                raise InvalidInput(message)
    by_parts = [usage for usage in usages if usage.is_told_by_parts]
    return Basis(
        period=period,
        meters={meter.id: meter for usage in reversed(usages) for meter in usage.meters()},
        quantities=list(quantities.values()),
        rounding=request.rounding,
        carried={
            (contract.id, charge.id): given.usage.carried
            for charge, given in zip(contract.charges, request.given, strict=True)
            if given.usage.carried is not None
        },
        prefixes=frozenset().union(*(usage.prefixes() for usage in by_parts))
        - frozenset().union(*(usage.unsaid_prefixes() for usage in by_parts)),
    )
