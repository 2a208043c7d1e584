"""Accounts that are alike, and what check_completeness makes of them every morning."""

from billproof.completeness.one_customer import AccountsCompared, PairSources, compare_accounts
from billproof.masterdata.parties import Account
from tests.support.world import World

NUMBER = "US-12-3456789"


def compare(world: World) -> AccountsCompared:
    """Compare all accounts as the function does."""
    sources = PairSources(
        directory=world.directory,
        register=world.register,
        exception_store=world.exception_store,
        workflows=world.exceptions,
        now=world.now(),
    )
    return compare_accounts(sources)


def give(world: World, *names: str, **changes: object) -> None:
    """Publish the next version of accounts: with one tax number, unless told otherwise."""
    for name in names:
        known = world.directory.account(name)
        assert known is not None
        document = known.model_dump(mode="json") | {"version": known.version + 1, "vat_number": NUMBER, **changes}
        world.publish(Account.model_validate(document))


def one_number(world: World) -> None:
    """Give two accounts one tax number; again it changes nothing."""
    if (known := world.directory.account("WN")) is None or known.vat_number != NUMBER:
        give(world, "UA", "WN")
