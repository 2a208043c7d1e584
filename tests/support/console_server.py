"""The console over a world in memory: what the embedded stack's workflows do after a call, this does at once."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

from billproof.invoicing.delivery import pdf_key
from billproof_ops.web_console.model import ConsoleAnswer, ConsoleRequest
from billproof_ops.web_console.serving import served
from tests.support.console_world import PDF, settle_payments
from tests.support.gateway import Gateway
from tests.support.world import World


class PlayedStack:
    """Calls of the API, and what follows them: a decision is carried out, a payment booked, a month compared."""

    def __init__(self, world: World) -> None:
        world.call_limits.burst = 1_000_000
        self.world = world
        self._gateway = Gateway(world, "nobody")
        self.troubles: list[ConsoleAnswer | Exception] = []
        """What the next changes are answered instead of being made, or what they raise."""
        self.lost: list[ConsoleAnswer | Exception] = []
        """What the next changes are answered after they were made."""
        self.instead: Callable[[ConsoleRequest], ConsoleAnswer | None] = lambda _: None
        """Answers some calls in the place of the API."""

    def __call__(self, request: ConsoleRequest, person: str) -> ConsoleAnswer:
        """Call the API as a person."""
        is_change = request.method == "POST"
        if is_change and self.troubles:
            return _told(self.troubles.pop(0))
        answer = self.instead(request) or self._answered(request, person)
        return _told(self.lost.pop(0)) if is_change and self.lost else answer

    def _answered(self, request: ConsoleRequest, person: str) -> ConsoleAnswer:
        headers = {**request.headers, "authorization": f"Bearer {person}"}
        status, more, body = self._gateway.answer(request.method, request.target, headers, request.body)
        if request.method == "POST" and status == 200:
            self._follow(request.path)
        return ConsoleAnswer(status, {name.lower(): value for name, value in more.items()}, body)

    def _follow(self, path: str) -> None:
        parts = [unquote(part) for part in path.split("/")[2:]]
        if parts[0] == "refused-events" and parts[2] == "resendings":
            bodies, self.world.usage_events.bodies[:] = [*self.world.usage_events.bodies], []
            self.world.ingest([json.loads(body) for body in bodies])
        if parts[0] == "exceptions" and parts[2] == "decisions":
            self.world.apply(parts[1])
            for entity in self.world.directory.entity_ids():
                self.world.post_all(entity)
            self._deliver()
        if parts[0] == "receipts":
            settle_payments(self.world)
        self.world.moment += timedelta(minutes=1)
        for asked in self.world.reconciliations.executions.values():
            self.world.reconcile(asked["legal_entity"], asked["period"])
        self.world.reconciliations.executions.clear()

    def _deliver(self) -> None:
        for entity in self.world.directory.entity_ids():
            for facts in self.world.register.of_period(entity, "2013-01"):
                if facts.released is not None:
                    self.world.objects.put(pdf_key(facts.released), PDF)


def _told(trouble: ConsoleAnswer | Exception) -> ConsoleAnswer:
    if isinstance(trouble, Exception):
        raise trouble
    return trouble


@contextmanager
def console_over(stack: PlayedStack, files: Path) -> Iterator[str]:
    """Serve the console over a world, and yield its address."""
    with served(files, stack, people=("ana", "ben", "carla")) as address:
        yield address
