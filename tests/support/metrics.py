"""A world whose clock moves with every look at it, and metrics that are published of it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from billproof.insights.figures import FigureRow
from billproof.insights.keeping import read_days
from billproof.insights.measuring import DayRows
from billproof.insights.metrics import measure
from billproof.insights.publishing import EntityPublished, publish_metrics
from billproof.metric_reading import publishing_sources
from tests.support.events import MemoryPositions
from tests.support.world import INC, World

LONG = timedelta(minutes=5)


class MeasuredWorld(World):
    """No two facts are recorded at one instant, as on AWS."""

    ticks = 0

    def __init__(self, **terms: Any) -> None:
        super().__init__(**terms)
        self.positions = MemoryPositions()

    def now(self) -> datetime:
        self.ticks += 1
        return super().now() + timedelta(microseconds=self.ticks)


def published(world: World, entity: str = INC, *, time: timedelta = LONG) -> EntityPublished:
    """Play one call of publish_metrics."""
    world.settle()
    return publish_metrics(publishing_sources(world, entity), deadline=world.now() + time)  # type: ignore[arg-type]


def days_of(world: World, entity: str = INC, *, year: int = 2013) -> dict[date, tuple[FigureRow, ...]]:
    return dict(read_days(world.objects, entity, date(year, 1, 1), date(year, 12, 31)))


def metrics_of(world: World, entity: str = INC) -> dict[str, str | None]:
    """Every metric of all days that are kept: `name`, `name part` or `name USD`, with its value as text."""
    values = measure(DayRows.of(list(days_of(world, entity).values())))
    return dict(_named(values))


def _named(values: Any) -> Iterator[tuple[str, str | None]]:
    for one in values:
        name = " ".join(filter(None, (one.metric, one.of, one.currency)))
        yield name, None if one.value is None else f"{one.value:f}"
