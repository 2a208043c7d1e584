"""Orders and mappings alone: a whole contract comes out, or everything that is missing, each with its money."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.contracts.crm_mappings import CrmMapping
from billproof.crm.mapping import map_order
from billproof.crm.orders import CrmOrder
from billproof.model import what_is_wrong
from billproof.money import Money
from billproof_ops.errors import WrongUse
from billproof_ops.order_files import read_orders

LINE = {"number": "1", "product": "fee", "quantity": "1", "unit_price": "100", "total": "100"}


def template(**changes: Any) -> dict[str, Any]:
    terms = {"id": "c", "name": "C", "product": "p", "revenue_category": "usage", "timing": "in_arrears"}
    return {**terms, "priced_by": "total", **changes}


PRODUCTS = [
    {"code": "fee", "charges": [template()]},
    {"code": "calls", "charges": [template(id="calls", priced_by="unit_price", per_units="1000", meter="calls")]},
    {"code": "seats", "charges": [template(id="seats", priced_by="unit_price", states_quantity=True)], "by_line": True},
    {"code": "yearly", "frequency": "annually", "charges": [template(id="y", cadence={"interval": "year"})]},
    {
        "code": "free",
        "charges": [template(id="f", priced_by="mapping", price={"model": "per_unit", "unit_price": "2"}, meter="m")],
    },
]
MAPPING = {
    "id": "files",
    "version": 3,
    "owner": "olga@skymeter.example",
    "legal_entity": "skymeter-inc",
    "contract_prefix": "o-",
    "time_zone": "UTC",
    "signed_by": "sales",
    "currencies": ["USD", "JPY"],
    "signed": ["won"],
    "unsigned": ["open"],
    "customers": [{"customer": "c1", "account": "UA"}],
    "products": PRODUCTS,
}
ORDER = {
    "system": "files",
    "id": "1",
    "number": "7",
    "created": "2013-01-01",
    "customer": "c1",
    "status": "won",
    "currency": "USD",
    "start": "2013-01-01",
}


def order(*lines: dict[str, Any], **changes: Any) -> CrmOrder:
    return CrmOrder.model_validate({**ORDER, "lines": [{**LINE, **line} for line in lines or ({},)], **changes})


def mapping(**changes: Any) -> CrmMapping:
    return CrmMapping.model_validate({**MAPPING, **changes})


MISSING: dict[str, tuple[CrmOrder, str, str, str | None]] = {
    "a customer": (order(customer="c2"), "customer", "'c2' is no account", "100"),
    "a currency": (order(currency="EUR"), "currency", "'EUR' is not known", "100"),
    "no currency": (order(currency=""), "currency", "'' is not known", None),
    "what is no currency": (order(currency="EURO"), "currency", "'EURO' is not known", None),
    "a product": (order({"product": "drone"}), "product", "'drone' is not known", "100"),
    "a field": (order(fields=("Discount__c",)), "field", "'Discount__c' has a value", "100"),
    "a field of a line": (order({"fields": ["Ramp__c"]}), "field", "'Ramp__c' has a value", "100"),
    "a status": (order(status="paused"), "field", "the status 'paused'", "100"),
    "a beginning": (order(start=None), "field", "no day on which it begins", "100"),
    "lines": (order(lines=()), "field", "has no lines", None),
    "a frequency": (order({"product": "yearly", "frequency": "monthly"}), "field", "knows 'annually'", "100"),
    "no frequency": (order({"product": "yearly"}), "field", "'at no stated interval'", "100"),
    "a price": (order({"unit_price": None}), "price", "no quantity, no price or no total", "100"),
    "a total": (order({"total": None}), "price", "no quantity, no price or no total", None),
    "a sum that is right": (order({"total": "99"}), "price", "1 at 100 is not 99", "99"),
    "something taken back": (order({"quantity": "-1", "total": "-100"}), "price", "takes something back", "-100"),
    "a price of its own": (order({"product": "free"}), "price", "has a price of its own", "100"),
    "a quantity that counts for nothing": (
        order({"product": "calls", "quantity": "5", "total": "500"}),
        "price",
        "its quantity 5 would count for nothing",
        "500",
    ),
    "a price that is too fine": (
        order({"product": "calls", "unit_price": "0.0000000000001", "total": "0"}),
        "price",
        "more than 15 decimals",
        "0",
    ),
    "one line of a product": (order({}, {"number": "2"}), "product", "2 times, not by_line", "100"),
    "days that run forward": (order({"end": "2012-01-01"}), "field", "the contract that comes out is refused", "100"),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_a_mapping_does_not_know_is_missing_with_its_money_and_there_is_no_contract(name: str) -> None:
    read, part, said, amount = MISSING[name]
    mapped = map_order(read, mapping())
    assert mapped.contract is None
    missing = mapped.missing[0]
    assert missing.part == part
    assert said in missing.message
    assert (None if missing.amount is None else missing.amount.amount) == (None if amount is None else Decimal(amount))


def test_everything_that_is_missing_is_told_at_once() -> None:
    mapped = map_order(order({"product": "x"}, {"product": "y", "number": "2"}, customer="c2"), mapping())
    assert [missing.part for missing in mapped.missing] == ["customer", "product", "product"]
    assert mapped.amount == Money.of("200", "USD")


def test_an_order_that_is_not_signed_yet_is_neither_a_contract_nor_missing_anything() -> None:
    mapped = map_order(order(status="open", customer="c2"), mapping())
    assert (mapped.is_signed, mapped.contract, mapped.missing) == (False, None, ())


def test_each_price_goes_where_the_mapping_says() -> None:
    lines = (
        {"quantity": "3", "total": "300"},
        {"number": "2", "product": "calls", "unit_price": "0.5", "total": "0.5"},
        {
            "number": "3",
            "product": "seats",
            "quantity": "40",
            "unit_price": "12",
            "total": "480",
            "start": "2013-02-01",
        },
        {"number": "4", "product": "seats", "quantity": "2", "unit_price": "15", "total": "30", "end": "2013-06-01"},
        {"number": "5", "product": "free", "unit_price": "0", "total": "0"},
    )
    contract = map_order(order(*lines, end="2014-01-01"), mapping()).contract
    assert contract is not None
    prices = {charge.id: charge.price.model_dump(mode="json") for charge in contract.charges}
    assert prices == {
        "c": {"model": "flat", "amount": "300"},
        "calls": {"model": "per_unit", "unit_price": "0.0005"},
        "seats-3": {"model": "per_unit", "unit_price": "12"},
        "seats-4": {"model": "per_unit", "unit_price": "15"},
        "f": {"model": "per_unit", "unit_price": "2"},
    }
    assert [charge.quantity for charge in contract.charges] == [None, None, Decimal(40), Decimal(2), None]
    days = {charge.id: (str(charge.effective.start), str(charge.effective.end)) for charge in contract.charges}
    assert days["seats-3"] == ("2013-02-01", "2014-01-01")
    assert days["seats-4"] == ("2013-01-01", "2013-06-01")


def test_a_total_may_be_rounded_to_the_minor_unit_of_its_currency() -> None:
    fine = {"product": "calls", "unit_price": "0.4125", "total": "0.41"}
    assert map_order(order(fine), mapping()).contract is not None
    assert map_order(order({**fine, "total": "0.42"}), mapping()).contract is None
    assert map_order(order({**fine, "total": "0"}, currency="JPY"), mapping()).contract is not None


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a customer twice": ({"customers": [{"customer": "c", "account": "A"}] * 2}, "customers stand there twice: c"),
    "a status that is both": ({"unsigned": ["won"]}, "statuses stand there twice: won"),
    "two that take the price": (
        {"products": [{"code": "x", "charges": [template(), template(id="d")]}]},
        "two charges would both take",
    ),
    "a price beside the CRM's": (
        {"products": [{"code": "x", "charges": [template(price={"model": "flat", "amount": "1"})]}]},
        "where priced_by is mapping, and nowhere else",
    ),
    "a charge that is none": ({"products": [{"code": "x", "charges": [template(meter="m")]}]}, "takes no meter"),
    "an unknown field": ({"product": []}, "Extra inputs"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mapping_that_could_make_no_contract_is_refused(name: str) -> None:
    changes, said = WRONG[name]
    with pytest.raises(ValidationError) as refused:
        mapping(**changes)
    assert said in what_is_wrong(refused.value)


HEADER = "number,customer,status,currency,start,end,line,product,quantity,unit_price"
ROW = "7,c1,won,USD,2013-01-01,2014-01-01,1,fee,1,100"


def written(folder: Path, *rows: str) -> Path:
    (folder / "orders.csv").write_text("\n".join(rows) + "\n")
    return folder / "orders.csv"


def test_rows_of_a_number_are_one_order(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, ROW, ROW.replace(",1,fee", ",2,seats"), ROW.replace("7,c1", "8,c1"))
    first, second = read_orders(path, system="files")
    assert ([line.product for line in first.lines], len(second.lines)) == (["fee", "seats"], 1)
    assert map_order(second, mapping()).amount == Money.of("100", "USD")


def test_a_column_that_no_rule_reads_is_a_field_where_it_has_a_value(tmp_path: Path) -> None:
    (read,) = read_orders(written(tmp_path, f"{HEADER},ramp,note", f"{ROW},10%,"), system="files")
    assert read.lines[0].fields == ("ramp",)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["number,customer", "7,c1"], "there is no column line, product"),
        ([HEADER, f"{ROW},more"], "row 2: it has other columns"),
        ([HEADER, ROW, ROW.replace("won", "open")], "7: its rows differ in"),
        ([HEADER, ROW.replace("2013-01-01", "1 January")], "this is not a day"),
        ([HEADER, ROW.replace(",1,100", ",1,1e2")], "this is not an exact decimal"),
    ],
)
def test_a_file_that_is_not_sound_is_refused_whole(tmp_path: Path, rows: list[str], said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        read_orders(written(tmp_path, *rows), system="files")


def test_an_order_in_yaml_says_only_what_it_has_to(tmp_path: Path) -> None:
    path = tmp_path / "orders.yaml"
    lines = "[{number: 1x, product: fee, quantity: 1, unit_price: 100.50}]"
    path.write_text(f"number: 7a\ncustomer: c1\nstatus: won\ncurrency: USD\nstart: 2013-01-01\nlines: {lines}\n")
    (read,) = read_orders(path, system="files")
    assert (read.lines[0].total, str(read.created)) == (Decimal("100.50"), "2013-01-01")
    path.write_text(path.read_text() + "---\n" + path.read_text())
    with pytest.raises(WrongUse, match="order 7a stands there twice"):
        read_orders(path, system="files")
