"""Groups whose values hold what separates a line's id are lines of their own, from the event to the credit note."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billproof.contracts.model import Contract
from billproof.errors import InvalidInput
from billproof.proof.service import prove_run
from billproof_ops.cli_credits import line_credit
from tests.support.billed import flights
from tests.support.playing import played_once
from tests.support.world import INC, JANUARY, World, flight

FEBRUARY, B6 = "2013-02", "B6"
AMBIGUOUS = [("x:y", "z"), ("x", "y:z")]
"""Two groups of origin and tail number; joined by a colon they are the same text."""


def group(number: int, values: tuple[str, str]) -> dict[str, object]:
    return flight(number, account=B6, data={"origin": values[0], "tail_number": values[1]})


@pytest.fixture
@played_once
def world() -> World:
    """B6 has one flight of each group in January, at 0.85; half of it is discounted."""
    world = World(accounts={B6})
    document = world.directory.contracts(B6)[-1].model_dump(mode="json")
    for charge in document["charges"]:
        if charge["id"] == "flights":
            charge["group_by"] = ["origin", "tail_number"]
    half = {"id": "half", "name": "Half", "percent": "50", "charges": ["flights"], "effective": {"start": "2013-01-01"}}
    document["discounts"].append(half)
    world.publish(Contract.model_validate({**document, "version": 2}))
    world.ingest([group(number, values) for number, values in enumerate(AMBIGUOUS)])
    world.bill()
    world.approve_all()
    world.post_all()
    return world


def test_two_groups_that_would_print_alike_are_two_lines(world: World) -> None:
    assert flights(world.invoice(f"{INC}.{JANUARY}.{B6}")) == {
        "flights:2013-01:x%3Ay:z": "0.85",
        "flights:2013-01:x:y%3Az": "0.85",
        "half:flights:2013-01:x%3Ay:z": "-0.43",
        "half:flights:2013-01:x:y%3Az": "-0.43",
    }
    proof = prove_run(f"{INC}-{JANUARY}-001", stores=world.stores())
    assert proof.holds, proof.differences


def test_a_full_credit_note_of_both_gives_everything_back(world: World) -> None:
    invoice = world.invoice(f"{INC}.{JANUARY}.{B6}")
    credit = world.credit_and_approve(invoice.id)
    assert credit.totals.gross == -invoice.totals.gross
    assert flights(credit)["credit:flights:2013-01:x%3Ay:z"] == flights(credit)["credit:flights:2013-01:x:y%3Az"]
    with pytest.raises(InvalidInput, match="nothing is left"):
        world.credit(invoice.id, "C-2")


def test_one_of_both_is_credited_alone(world: World) -> None:
    invoice = f"{INC}.{JANUARY}.{B6}"
    one = world.credit_and_approve(invoice, lines=[{"line": "flights:2013-01:x%3Ay:z"}])
    assert flights(one) == {"credit:flights:2013-01:x%3Ay:z": "-0.42"}  # what the discount left of it
    rest = world.credit_and_approve(invoice, "C-2")
    lines = flights(rest)
    assert (lines["credit:flights:2013-01:x%3Ay:z"], lines["credit:half:flights:2013-01:x%3Ay:z"]) == ("-0.43", "0.43")
    assert one.totals.gross + rest.totals.gross == -world.invoice(invoice).totals.gross


def test_late_usage_of_one_is_its_own_difference(world: World) -> None:
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.ingest([group(7, AMBIGUOUS[1])])
    world.bill(period=FEBRUARY)
    world.approve_all(period=FEBRUARY)
    late = {name: net for name, net in flights(world.invoice(f"{INC}.{FEBRUARY}.{B6}")).items() if "2013-01" in name}
    assert late == {
        "difference:flights:2013-01:x:y%3Az": "0.85",
        "difference:half:flights:2013-01:x:y%3Az": "-0.42",
    }


def test_a_line_cannot_be_named_in_two_ways_at_once(world: World) -> None:
    contract = world.directory.contracts(B6)[0].id
    line = "flights:2013-01:x%3Ay:z"
    with pytest.raises(InvalidInput, match="is named twice"):
        world.credit(f"{INC}.{JANUARY}.{B6}", lines=[{"line": line}, {"line": line, "contract": contract}])


def test_what_is_credited_is_no_more_than_what_was_billed(world: World) -> None:
    lines = [{"line": "flights:2013-01:x:y%3Az", "amount": "0.86"}]
    with pytest.raises(InvalidInput, match="is more than"):
        world.credit(f"{INC}.{JANUARY}.{B6}", lines=lines)
    assert world.invoice(f"{INC}.{JANUARY}.{B6}").totals.net.amount > Decimal(0)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("miles:2013-01", {"line": "miles:2013-01"}),
        ("miles:2013-01=100.50", {"line": "miles:2013-01", "amount": "100.50"}),
        ("flights:2013-01*3", {"line": "flights:2013-01", "quantity": "3"}),
        ("UA-2013/flights:2013-01*3", {"contract": "UA-2013", "line": "flights:2013-01", "quantity": "3"}),
        ("flights:2013-01:a/b=c*d=2", {"line": "flights:2013-01:a/b=c*d", "amount": "2"}),
        ("flights:2013-01:a/b", {"line": "flights:2013-01:a/b"}),
    ],
)
def test_the_command_reads_a_line_whatever_its_group_holds(text: str, parts: dict[str, str]) -> None:
    assert line_credit(text) == parts
