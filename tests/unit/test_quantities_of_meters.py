"""What the lines of an invoice say of each meter, for the controls that compare it with the invoice before."""

from decimal import Decimal

from billproof.pricing.model import LineKind, PricedLine, metered_quantities
from billproof.pricing.quoting import PriceRequest, quote


def line(quantity: str, charge: str = "c", meter: str | None = "calls", contract: str = "K") -> PricedLine:
    request = {
        "price": {"model": "per_unit", "unit_price": "1"},
        "currency": "USD",
        "rounding": "half_up",
        "period": "2013-01",
    }
    (made,) = quote(PriceRequest.model_validate(request)).lines
    explanation = made.explanation.model_copy(update={"contract": contract})
    changes = {"quantity": Decimal(quantity), "charge": charge, "meter": meter, "explanation": explanation}
    return made.model_copy(update=changes)


def test_the_lines_of_a_charge_add_up() -> None:
    assert metered_quantities([line("1.5"), line("2")]) == {"calls": Decimal("3.5")}


def test_of_several_charges_that_read_a_meter_the_most_counts() -> None:
    assert metered_quantities([line("3"), line("5", charge="d"), line("4", charge="e")]) == {"calls": Decimal(5)}
    assert metered_quantities([line("3"), line("5", contract="L")]) == {"calls": Decimal(5)}
    assert metered_quantities([line("-3")]) == {"calls": Decimal(0)}


def test_meters_are_told_apart_and_what_is_no_charge_is_left_out() -> None:
    found = metered_quantities(
        [
            line("1"),
            line("2", charge="m", meter="miles"),
            line("9", charge="n", meter=None),
            line("7").model_copy(update={"kind": LineKind.DIFFERENCE}),
        ]
    )
    assert found == {"calls": Decimal(1), "miles": Decimal(2)}
    assert metered_quantities([]) == {}
