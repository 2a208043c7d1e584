"""A world whose US company lets one client in, as often as it likes."""

from billproof.access.scopes import Client, Scope
from billproof_ops.local.people import local_identity
from tests.support.world import INC, World


def let_one_client_in(world: World, name: str, *scopes: Scope) -> World:
    """Let a client of that name call with some scopes, and return the world."""
    policy = world.directory.policy(INC)
    client = Client(id=name, identities=(local_identity(name),), scopes=scopes)
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": (client,)}))
    world.call_limits.burst = 1_000_000
    return world
