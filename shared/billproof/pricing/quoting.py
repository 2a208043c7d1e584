"""Pricing one charge outside of any run, by the rules that invoices are priced by."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter, ValidationError, model_validator

from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.errors import InvalidInput
from billproof.masterdata.meters import Aggregation, Meter
from billproof.model import Exact, Model
from billproof.money import Money, Rounding, total
from billproof.names import Currency
from billproof.periods import DateRange, Period
from billproof.pricing.commitments import commitment_lines
from billproof.pricing.lines import Basis
from billproof.pricing.model import PricedLine
from billproof.pricing.models import Price, price_model
from billproof.pricing.owed import contract_lines
from billproof.pricing.reading import Read
from billproof.pricing.transactions import tally
from billproof.proration import ProrationTerms
from billproof.readings import PricedQuantity, Quantity, Reading, Transactions

MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"


class Group(Model):
    """A quantity of one combination of the properties that the charge groups by."""

    dimension: dict[str, str]
    quantity: Exact


class DatedTransaction(Model):
    """The amount of a transaction and the day of its time."""

    day: date
    amount: Exact


class UsageGiven(Model):
    """What was used: a quantity, or what some price models need in place of it.

    `transactions` are amounts in the order of their times, `prices` quantities by the price that events carried,
    `dated_transactions` amounts with their days, which terms that change within the period need. `meters` quantities by
    meter for a capacity, `days` the seats seen on each day (null: none seen), `parts` the quantity of each part of the
    period, named `<start>_<end>`, where terms change within it. `carried` is left of the month before.
    """

    quantity: Exact | None = None
    groups: tuple[Group, ...] = ()
    transactions: tuple[Exact, ...] = ()
    dated_transactions: tuple[DatedTransaction, ...] = ()
    prices: tuple[PricedQuantity, ...] = ()
    meters: dict[str, Exact] = Field(default_factory=dict)
    days: tuple[Exact | None, ...] = ()
    parts: dict[str, Exact] = Field(default_factory=dict)
    carried: Annotated[Exact, Field(ge=0)] | None = None

    @property
    def kinds(self) -> set[str]:
        """The fields that say anything."""
        return {name for name in UsageGiven.model_fields if getattr(self, name) not in (None, (), {})}

    def amounts(self, ranges: Sequence[Period] | None) -> list[Decimal]:
        """Return the amounts of transactions in the order of their times, of the days of some ranges or of all."""
        dated = sorted(self.dated_transactions, key=lambda transaction: transaction.day)
        mine = [
            sale.amount for sale in dated if ranges is None or any(days.start <= sale.day < days.end for days in ranges)
        ]
        return [*self.transactions, *mine]


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
    return Contract.construct_trusted(
        kind="contract",
        id="quote",
        account="quote",
        version=1,
        signed_by="",
        effective=DateRange(start=date.min),
        currency=currency,
        time_zone="UTC",
        charges=(charge,),
        discounts=(),
        commitments=(),
        caps=(),
        credits=(),
        waivers=(),
        exclusions=(),
        renewal=None,
        proration=ProrationTerms(),
        prices_include_tax=False,
    )


class PriceRequest(Model):
    """One charge to price: its price, and whatever else of a charge and a contract it needs.

    `charge` takes the fields of a contract's charge, `terms` those of a contract (discounts, commitments, caps,
    credits, waivers, proration, renewal). What is left out is plain: a charge in arrears by calendar months that covers
    the period, read from one meter where its price needs one. `period` is the month whose invoice would bill it.
    """

    price: Annotated[dict[str, Any], _AsPrice]
    currency: Currency
    rounding: Rounding
    period: Annotated[str, Field(pattern=MONTH)]
    usage: UsageGiven = Field(default_factory=UsageGiven)
    charge: dict[str, Any] = Field(default_factory=dict)
    terms: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.contract()
        return self

    def contract(self) -> Contract:
        """Return the contract that has this charge alone; raises pydantic's ValidationError."""
        start = Period.month(self.period).start
        model = str(self.price.get("model"))
        priced = price_model(model)
        charge: dict[str, Any] = {
            "id": "charge",
            "name": model,
            "product": "product",
            "revenue_category": "revenue",
            "timing": "in_arrears",
            "effective": {"start": start},
        }
        if (priced is None or priced.needs_quantity) and not {"meter", "quantity"} & self.charge.keys():
            charge["meter"] = "usage"
        if self.usage.groups and "group_by" not in self.charge:
            charge["group_by"] = tuple(self.usage.groups[0].dimension)
        if self.usage.days and "seats_meter" not in self.charge:
            charge["seats_meter"] = "seats"
        merged = {**charge, **self.charge, "price": self.price}
        if not self.terms and (parsed := _charge(merged)) is not None:
            return _plain(self.currency, parsed)
        terms = {
            "id": "quote",
            "account": "quote",
            "version": 1,
            "signed_by": "",
            "effective": {"start": date.min},
            "currency": self.currency,
            "time_zone": "UTC",
        }
        return Contract.model_validate({**terms, **self.terms, "charges": [merged]})


class Quote(Model):
    """What the lines come to, and the lines with their explanations."""

    amount: Money
    lines: tuple[PricedLine, ...]


def quote(request: PriceRequest) -> Quote:
    """Price the charge. Raises UnpriceableCharge as an invoice would, and InvalidInput where an amount is too large."""
    contract, period = request.contract(), Period.month(request.period)
    (charge,) = contract.charges
    _refuse_other_usage(charge, request.usage)
    read = Read.of([contract], period)
    basis = Basis(
        period=period,
        meters={name: _meter(name) for name in charge.meters},
        quantities=[
            quantity for reading in sorted(read.readings, key=repr) for quantity in _used(reading, read, request)
        ],
        rounding=request.rounding,
        carried={} if request.usage.carried is None else {(contract.id, charge.id): request.usage.carried},
    )
    try:
        lines: list[PricedLine] = []
        for timeline in timelines([contract], period):
            owed = contract_lines(timeline, basis, {})
            lines += (*owed, *commitment_lines(timeline, period, owed, {}, request.rounding))
        return Quote(amount=total((line.net for line in lines), request.currency), lines=tuple(lines))
    except ValidationError:
        message = "an amount or a quantity has more than 23 digits before the point"
        raise InvalidInput(message) from None


def _refuse_other_usage(charge: Charge, usage: UsageGiven) -> None:
    """Refuse usage that the price cannot take: it would cost nothing, and nobody would see why."""
    price, given = charge.price, usage.kinds
    if not price.priced_by or charge.quantity is not None or given <= price.priced_by:
        return
    wanted = " or ".join(f"usage.{name}" for name in sorted(price.priced_by))
    others = ", ".join(f"usage.{name}" for name in sorted(given - price.priced_by))
    message = f"the price model {price.model} is priced by {wanted}, not by {others}"
    raise InvalidInput(message)


def _meter(name: str) -> Meter:
    return Meter(
        id=name,
        version=1,
        name=name,
        unit="units",
        event_type="usage",
        aggregation=Aggregation.SUM,
        value_property="value",
        price_property="price",
    )


def _used(reading: Reading, read: Read, request: PriceRequest) -> list[Quantity]:
    """Return what a reading finds in the request, for the whole period and for each part of it."""
    usage = request.usage
    extras: dict[str, Any] = {}
    whole = usage.quantity or Decimal(0)
    if reading.transactions is not None:
        return list(_transactions(reading, read, request))
    if reading.by_price:
        extras["prices"] = usage.prices
        whole = sum((priced.quantity for priced in usage.prices), Decimal(0))
    elif reading.by_day:
        extras["days"] = usage.days
    groups: list[tuple[dict[str, str], Decimal]] = [({}, whole)]
    if reading.group_by:
        groups = [(group.dimension, group.quantity) for group in usage.groups]
    if reading.meter in usage.meters:
        groups = [({}, usage.meters[reading.meter])]
    missing = read.parts.keys() - usage.parts.keys()
    if len(read.parts) > 1 and missing and reading.variant == "":
        message = (
            f"terms change within {request.period}: usage.parts must say the quantity of {', '.join(sorted(missing))}"
        )
        raise InvalidInput(message)
    used = []
    for part in ("", *read.parts):
        for dimension, quantity in groups:
            used.append(
                Quantity(
                    meter=reading.meter,
                    group_by=reading.group_by,
                    dimension={name: dimension.get(name, "") for name in reading.group_by},
                    quantity=usage.parts.get(part, quantity),
                    events=0,
                    variant=reading.variant,
                    part=part,
                    **extras,
                )
            )
    return used


def _transactions(reading: Reading, read: Read, request: PriceRequest) -> Iterator[Quantity]:
    """Yield the transactions of the period and of each part of it; parts need to know their days."""
    if len(read.parts) > 1 and request.usage.transactions:
        message = f"terms change within {request.period}: usage.dated_transactions must say the day of each"
        raise InvalidInput(message)
    for part, ranges in (("", None), *read.parts.items()):
        amounts = request.usage.amounts(ranges if len(read.parts) > 1 else None)
        yield Quantity(
            meter=reading.meter,
            group_by=reading.group_by,
            dimension=dict.fromkeys(reading.group_by, ""),
            quantity=sum(amounts, Decimal(0)),
            events=len(amounts),
            variant=reading.variant,
            part=part,
            tally=tally(amounts, reading.transactions or Transactions()),
        )
