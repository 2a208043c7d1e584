"""What must hold of any life, held by the reference model alone; another test compares it with what billproof bills."""

import copy
import os
from decimal import Decimal

from hypothesis import HealthCheck, given, note, seed, settings

from billproof.contracts.model import Contract
from billproof.masterdata.meters import Meter
from tests.reference import model
from tests.reference.figures import Document
from tests.reference.life import Life
from tests.reference.lives import leave_out_what_goes_by_some_lines, lives
from tests.reference.lives_family import families

SEED = int(os.environ.get("SEED", "0"))
"""Which lives are drawn: SEED=... repeats them, and hypothesis prints how to repeat one that fails."""
LIVES = settings(
    max_examples=int(os.environ.get("LIVES", "25")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def without_notes(document: Document) -> Document:
    return {**copy.deepcopy(document), "credit_notes": []}


def total(document: Document) -> Decimal:
    return sum((answer.payable for answer in model.owed(document).values()), Decimal(0))


@seed(SEED)
@LIVES
@given(lives() | families())
def test_a_life_is_of_contracts_and_meters_that_may_be_published(document: Document) -> None:
    for entry in document["contracts"]:
        Contract.model_validate(entry["terms"])
    for meter in document["meters"]:
        Meter.model_validate(meter)


@seed(SEED)
@LIVES
@given(lives() | families())
def test_what_is_billed_in_the_end_is_what_is_owed_after_concessions(document: Document) -> None:
    owed = {slot: (each.net - each.conceded, each.payable) for slot, each in model.owed(document).items()}
    left = {slot: (amounts.net, amounts.money) for slot, amounts in model.left(document).items()}
    nothing = (Decimal(0), Decimal(0))
    assert {slot: pair for slot, pair in left.items() if pair != nothing} == {
        slot: pair for slot, pair in owed.items() if pair != nothing
    }


@seed(SEED)
@LIVES
@given(lives())
def test_nothing_is_ever_left_below_zero(document: Document) -> None:
    for run in document["runs"]:
        for slot, amounts in model.left(document, run["at"]).items():
            assert amounts.net >= 0, slot
            assert amounts.money >= 0, slot
            assert amounts.drawn >= 0, slot


@seed(SEED)
@LIVES
@given(lives())
def test_earned_to_date_is_never_below_zero_and_comes_to_what_is_owed(document: Document) -> None:
    to_date: dict[object, Decimal] = {}
    for slots in model.earned(document).values():
        for slot, amount in slots.items():
            to_date[slot] = to_date.get(slot, Decimal(0)) + amount
        assert all(amount >= 0 for amount in to_date.values())
    over = max(run["month"] for run in document["runs"])
    for slot, owed in model.owed(document).items():
        note(str((slot, owed, to_date.get(slot))))
        earned = to_date.get(slot, Decimal(0))
        assert earned <= owed.net - owed.conceded
        if f"{slot.end:%Y-%m}" <= over:
            assert earned == owed.net - owed.conceded


@seed(SEED)
@LIVES
@given(lives())
def test_in_advance_and_in_arrears_come_to_the_same(document: Document) -> None:
    """Which line an amount or a cap comes off depends on what other invoices bill: nothing that goes by some lines."""
    totals = []
    for timing in ("in_advance", "in_arrears"):
        other = without_notes(document)
        for entry in other["contracts"]:
            leave_out_what_goes_by_some_lines(entry["terms"])
            for charge in entry["terms"]["charges"]:
                charge.pop("refund", None)
                if charge["price"]["model"] in ("flat", "seats") or "quantity" in charge:
                    charge["timing"] = timing
        totals.append(total(other))
    note(str(totals))
    assert totals[0] == totals[1]


@seed(SEED)
@LIVES
@given(lives() | families())
def test_when_usage_arrives_changes_no_total(document: Document) -> None:
    late, prompt = without_notes(document), without_notes(document)
    for event in prompt["usage"]:
        event["received"] = event["time"]
    for entry in prompt["contracts"]:
        entry["published"] = None
    assert total(late) == total(prompt)
    assert sum(each.money for each in model.billed(late)) == sum(each.money for each in model.billed(prompt))


@seed(SEED)
@LIVES
@given(lives())
def test_a_version_that_changes_nothing_priced_changes_no_amount(document: Document) -> None:
    document = without_notes(document)
    last = max(document["contracts"], key=lambda entry: entry["terms"]["version"])
    terms = copy.deepcopy(last["terms"])
    terms["version"] += 1
    terms["effective"]["start"] = middle(terms["effective"])
    terms.pop("renewal", None)
    for charge in terms["charges"]:
        charge |= {"name": "new name", "floor_unit_price": "0"}
    last["terms"].pop("renewal", None)
    renamed = {**document, "contracts": [*document["contracts"], {"published": None, "terms": terms}]}
    assert amounts_of(renamed) == amounts_of(document)


def middle(effective: Document) -> str:
    from datetime import date

    first, end = date.fromisoformat(effective["start"]), date.fromisoformat(effective["end"])
    return str(first + (end - first) // 2)


def amounts_of(document: Document) -> dict[object, Decimal]:
    return {slot: each.payable for slot, each in model.owed(document).items() if each.payable}


@seed(SEED)
@LIVES
@given(lives())
def test_a_line_and_what_comes_off_it_are_what_is_owed(document: Document) -> None:
    life = Life(document)
    for owed in life.owed(life.last_month):
        assert sum(line.gross - sum(line.cuts.values()) for line in owed.lines) == owed.net
        assert all(line.net >= 0 for line in owed.lines)
        assert 0 <= sum(owed.drawn.values()) <= owed.after_concessions
