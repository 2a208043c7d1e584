"""The PDF says what the invoice says: its text is read back."""

import io

import pytest
from pypdf import PdfReader

from billproof.adapters.typst.pdf import render_invoice
from tests.support.world import EUROPE, INC, JANUARY, World, flight


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    world.ingest(flight(number) for number in range(1, 1_101))
    world.ingest([flight(1, account="YV"), flight(1, account="DL", data={"air_time": "500100"})])
    world.bill(INC)
    world.bill(EUROPE)
    for entity in (INC, EUROPE):
        world.approve_all(entity)
    return world


def text(world: World, entity: str, account: str) -> str:
    invoice_id = f"{entity}.{JANUARY}.{account}"
    released = world.register.released(invoice_id)
    assert released is not None
    pages = PdfReader(io.BytesIO(render_invoice(world.invoice(invoice_id), released))).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages).replace("\xa0", " ")


def test_an_american_invoice(world: World) -> None:
    found = text(world, INC, "UA")
    for said in (
        "United Air Lines Inc.",
        "Jan 1, 2013 – Jan 31, 2013",
        "1,100 flights",
        "over 1,000 to 3,000: 100 × $0.95",
        "$6,748.75",
        "1,100 events billed or included and 0 excluded by contract, under UA-2013 version 1",
    ):
        assert said in found, said


def test_an_invoice_prints_the_reference_that_a_payer_is_to_give(world: World) -> None:
    """The digits of ISO 7064 mod 97-10 by hand: letters are 10 to 35, the reference's start goes to its end."""
    released = world.register.released(f"{INC}.{JANUARY}.UA")
    assert released is not None
    body = released.number.replace("-", "")
    check = 98 - int("".join(str(int(letter, 36)) for letter in f"{body}RF00")) % 97
    reference = f"RF{check:02d}{body}"
    groups = [reference[start : start + 4] for start in range(0, len(reference), 4)]
    assert f"Payment reference {' '.join(groups)}" in text(world, INC, "UA")


def test_a_dutch_invoice_with_reverse_charge(world: World) -> None:
    found = text(world, EUROPE, "DL")
    for said in (
        "NL4495445B01",
        "Btw verlegd over € 4.400,40",
        "500.000 van 500.100 inbegrepen",
        "€ 4.400,40",
        "1 jan 2013",
    ):
        assert said in found, said


def test_a_part_of_a_month_says_how_many_days(world: World) -> None:
    assert "22 of 31 days" in text(world, INC, "YV")


def test_a_charge_without_usage_says_so(world: World) -> None:
    assert "0 flights" in text(world, INC, "OO")
