"""A customer who pays a European legal entity in dollars."""

from billproof.masterdata.exchange_rates import ExchangeRate
from billproof_ops.demo import story
from tests.support.world import EUROPE, JANUARY, World, flight

US = f"{EUROPE}.{JANUARY}.US"


def world_in_dollars(*rates: ExchangeRate) -> World:
    """The world of the tests, but US pays a European legal entity in dollars, with tax."""
    world = World(master_data=False)
    found = story.master_data()
    entities = [entity.model_copy(update={"documents": None}) for entity in found.legal_entities]
    world.publish(*entities, *found.meters, *found.policies, *rates)
    address = world.directory.legal_entity(EUROPE).address
    for account in found.accounts:
        world.publish(account.model_copy(update={"address": address}) if account.id == "US" else account)
    for contract in found.contracts:
        world.publish(contract.model_copy(update={"currency": "USD"}) if contract.account == "US" else contract)
    world.ingest([flight(number, account="US") for number in range(7)])
    return world


def billed_in_dollars(*rates: ExchangeRate) -> World:
    """That world with January of the legal entity billed and posted."""
    world = world_in_dollars(*rates)
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    world.post_all(EUROPE)
    return world
