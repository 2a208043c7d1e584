"""A customer whose contract changes: its terms, published version by version, and its months, billed and proved."""

from datetime import UTC, datetime
from typing import Any

from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.proof.service import prove_run
from tests.support.charges import NOTHING_COMES_OFF
from tests.support.world import INC, World

JAN, FEB, MAR, APR = "2013-01", "2013-02", "2013-03", "2013-04"
MOMENTS = {
    month: datetime(2013, number, 2, 12, tzinfo=UTC) for number, month in enumerate((JAN, FEB, MAR, APR), start=2)
}


def world_with(*charges: dict[str, Any], **terms: Any) -> World:
    """UA with these charges as its whole contract, and B6 with its own; no control holds an invoice for its amount."""
    world = World(accounts={"UA", "B6"})
    publish(world, *charges, **terms)
    world.hold_for_no_amount()
    return world


def publish(world: World, *charges: dict[str, Any], start: str = "2013-01-01", **terms: Any) -> None:
    """Publish the next version of UA's contract; what neither `charges` nor `terms` say is not in it."""
    last = world.directory.contracts("UA")[-1]
    document = last.model_dump(mode="json") | NOTHING_COMES_OFF
    document |= {"version": last.version + 1, "effective": {"start": start}, "charges": list(charges), **terms}
    world.publish(Contract.model_validate(document))


def bill(world: World, *months: str) -> dict[str, str]:
    """Bill months in order and return the lines of the last one that are not zero."""
    for month in months:
        world.moment = max(world.moment, MOMENTS[month])
        statement = world.bill(period=month)
        mine = [finding for finding in statement.findings if finding.account == "UA"]
        assert [finding.code for finding in mine if finding.severity == "blocking"] == [], mine
        world.post_all(period=month)
        assert balance_run(f"{INC}-{month}-001", stores=world.stores()).balances
        proof = prove_run(f"{INC}-{month}-001", stores=world.stores())
        assert proof.holds, proof.differences
    found = world.invoice(f"{INC}.{months[-1]}.UA").lines
    return {line.priced.id: line.priced.net.text for line in found if not line.priced.net.is_zero}
