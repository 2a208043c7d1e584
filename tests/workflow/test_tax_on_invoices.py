"""Tax on whole invoices: both roundings are kept, and prices that include tax bill what they say."""

from billproof.conservation.service import balance_run
from billproof.masterdata.parties import TaxRounding
from billproof.money import total
from tests.support.world import EUROPE as EUROPE_ID
from tests.support.world import World


def test_both_roundings_are_kept_on_the_invoice() -> None:
    world = World()
    entity = world.directory.legal_entity(EUROPE_ID)
    world.publish(entity.model_copy(update={"version": 2, "tax_rounding": TaxRounding.PER_DOCUMENT}))
    world.bill(EUROPE_ID)
    for facts in world.register.of_period(EUROPE_ID, "2013-01"):
        invoice = world.invoice(f"{EUROPE_ID}.2013-01.{facts.account}")
        for group in invoice.tax_summary:
            assert group.rule is TaxRounding.PER_DOCUMENT
            mine = [line for line in invoice.lines if line.determination.jurisdiction == group.jurisdiction]
            assert group.tax_by_line == total((line.tax_by_line for line in mine), "EUR")
            assert group.amounts.tax == total((line.amounts.tax for line in mine), "EUR")


def test_prices_with_tax_bill_what_they_say() -> None:
    world = World()
    for contract in list(world.directory.contracts("US")):
        world.publish(contract.model_copy(update={"version": 2, "prices_include_tax": True}))
    world.publish(
        world.directory.account("US").model_copy(  # type: ignore[union-attr]
            update={"version": 2, "address": world.directory.legal_entity(EUROPE_ID).address}
        )
    )
    world.bill(EUROPE_ID)
    world.approve_all(EUROPE_ID)
    invoice = world.invoice(f"{EUROPE_ID}.2013-01.US")
    assert invoice.totals.gross == total((line.priced.net for line in invoice.lines), "EUR")
    assert invoice.totals.tax.amount > 0
    statement = balance_run(f"{EUROPE_ID}-2013-01-001", stores=world.stores())
    assert statement.balances
