"""Every minute: the queues of counterparts that do not answer are not read, and read again once they do."""

from pydantic import ConfigDict

from billproof.breakers import Watched, watch
from billproof.composition import Composition
from billproof.handlers import count, step
from billproof.model import Model


class WatchRequest(Model):
    """The schedule sends nothing that matters."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@step(WatchRequest, name="watch_adapters")
def handler(_request: WatchRequest, ports: Composition) -> Watched:
    """Switch consumers off or on, and count the breakers that are open."""
    watched = watch(
        breakers=ports.breakers,
        probes=ports.probes,
        consumers=ports.consumers,
        mappings=ports.settings.breaker_mappings,
        now=ports.now(),
    )
    count("BreakersOpen", len(watched.open))
    return watched
