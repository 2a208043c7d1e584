"""A contract of 2,000 charges: kept, read as it was, and billed in time that grows with its charges."""

import json
import sys
from itertools import count

import pytest
from pydantic import ValidationError

from billproof.contracts.model import Contract
from billproof.masterdata.packing import PACKED
from billproof.masterdata.service import SyncOutcome, sync_contract
from billproof.ports import Key
from billproof.proof.service import prove_invoice
from tests.support.charges import NOTHING_COMES_OFF, miles
from tests.support.world import INC, JANUARY, World, flight

UA = f"{INC}.{JANUARY}.UA"


def contract(charges: int) -> Contract:
    (known,) = World(accounts={"UA"}).directory.contracts("UA")
    many = [miles("0.001") | {"id": f"c{number}", "name": f"Charge {number}"} for number in range(charges)]
    return Contract.model_validate(known.model_dump(mode="json") | {"version": 2, "charges": many} | NOTHING_COMES_OFF)


def test_a_contract_of_two_thousand_charges_is_kept_and_read_as_it_was() -> None:
    world, large = World(accounts={"UA"}), contract(2_000)
    body = large.model_dump_json()
    assert sync_contract(body, directory=world.directory).outcome is SyncOutcome.STORED
    assert sync_contract(body, directory=world.directory).outcome is SyncOutcome.KNOWN
    assert world.directory.contracts("UA")[-1] == large
    assert world.directory.account_record("UA").contracts[-1] == large
    stored = world.records["contracts"].items[Key("account#UA", "contract#UA-2013#v000002")]
    assert stored.keys() == {"kind", PACKED}
    assert len(json.dumps(stored)) < 100_000


def test_one_charge_more_is_refused_with_the_name_of_the_field() -> None:
    document = contract(2_000).model_dump(mode="json")
    document["charges"] = [*document["charges"], document["charges"][0] | {"id": "more"}]
    with pytest.raises(ValidationError, match="charges"):
        Contract.model_validate(document)


def test_a_contract_of_few_charges_is_kept_as_it_is() -> None:
    world = World(accounts={"UA"})
    world.publish(contract(200))
    assert world.records["contracts"].items[Key("account#UA", "contract#UA-2013#v000002")]["id"] == "UA-2013"


def steps_to_bill(charges: int) -> int:
    """Counts the calls and the turns of loops that billing takes: the same on every machine, however loaded."""
    world, steps, at = World(accounts={"UA"}), count(), sys.monitoring
    world.publish(contract(charges))
    world.ingest([flight(1)])
    counted = at.events.PY_START | at.events.CALL | at.events.JUMP | at.events.PY_RESUME
    at.use_tool_id(at.PROFILER_ID, "steps")
    try:
        for event in (at.events.PY_START, at.events.CALL, at.events.JUMP, at.events.PY_RESUME):
            at.register_callback(at.PROFILER_ID, event, lambda *_: next(steps))
        at.set_events(at.PROFILER_ID, counted)
        world.bill()
    finally:
        at.free_tool_id(at.PROFILER_ID)
    assert len(world.invoice(UA).lines) == charges
    return next(steps)


@pytest.mark.long
def test_the_work_of_billing_grows_with_the_charges_and_not_with_their_square() -> None:
    steps_to_bill(10)  # what is built and loaded once
    few, many = steps_to_bill(200), steps_to_bill(1_200)
    assert many < 8 * few, "linear is 6 times, quadratic 36 times"


def test_what_many_charges_billed_is_proved() -> None:
    world = World(accounts={"UA"})
    world.publish(contract(300))
    world.ingest([flight(1)])
    world.bill()
    world.post_all()
    assert prove_invoice(UA, stores=world.stores()).holds
