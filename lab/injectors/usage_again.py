"""Usage that comes twice, is refused, or takes other usage back."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from lab.injectors.usage import SHARES, USAGE, later_months, of_share, of_source, recount, some, with_data
from lab.scene import Event, Injected, Scene, cause


@cause(USAGE, "events are sent twice under the same id", SHARES)
def doubled_with_the_same_id(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    double(scene, mine, percent, draw, lambda event: event)

    def twin(other: Scene) -> None:
        known: set[tuple[str, str]] = set()
        for month in other.months:
            for number, event in enumerate(other.usage[month]):
                if (event["source"], event["id"]) in known:
                    other.usage[month][number] = {**event, "id": f"again-{event['id']}"}
                known.add((event["source"], event["id"]))

    return Injected(sources=frozenset({source}), accounts=frozenset(scene.facts["accounts"]), twin=twin)


@cause(USAGE, "a retry sends events again under new ids", SHARES)
def doubled_with_new_ids(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    double(scene, mine, percent, draw, lambda event: {**event, "id": f"again-{event['id']}"})
    return of_source(scene, source)


@cause(USAGE, "a source counts and sends events twice under new ids", SHARES)
def doubled_in_the_source(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    double(scene, mine, percent, draw, lambda event: {**event, "id": f"again-{event['id']}"})
    recount(scene)
    return of_source(scene, source)


@cause(USAGE, "a source sends events again on the next day, with the time of then", SHARES)
def sent_again_next_day(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)

    def again(event: Event) -> Event:
        return {**event, "time": (datetime.fromisoformat(event["time"]) + timedelta(days=1)).isoformat()}

    double(scene, mine, percent, draw, again)
    recount(scene)
    return of_source(scene, source)


def double(
    scene: Scene, where: Callable[[Event], bool], percent: int, draw: Random, again: Callable[[Event], Event]
) -> None:
    """Send a share of some events again."""

    def doubled(event: Event) -> Iterator[Event]:
        yield event
        if where(event) and draw.randrange(100) < percent:
            yield again(event)

    scene.change(doubled, later_months(scene))


@cause(USAGE, "quantities are written with a thousands separator", SHARES)
def quantity_malformed(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(
        scene,
        lambda event: with_data(event, units=f"1,{event['data']['units']}"),
        where=mine,
        percent=percent,
        draw=draw,
    )
    return of_source(scene, source)


@cause(USAGE, "times lose their time zone", SHARES)
def zone_lost(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda event: {**event, "time": event["time"][:19]}, where=mine, percent=percent, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "the quantity is missing from events", SHARES)
def quantity_missing(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda event: with_data(event, units=None), where=mine, percent=percent, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "a source retracts events that were right", SHARES)
def retracted_wrongly(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    double(
        scene,
        mine,
        percent,
        draw,
        lambda event: {**event, "id": f"r-{event['id']}", "retracts": event["id"], "data": {}},
    )
    return of_source(scene, source)


@cause(USAGE, "a counter restarts: ids of a day are used for other events of it", (2, 10, 60))
def ids_reused_within_a_day(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    first: dict[tuple[str, str], str] = {}
    for event in (one for month in later_months(scene) for one in scene.usage[month] if mine(one)):
        first.setdefault((event["subject"], event["time"][:10]), event["id"])

    def reused(event: Event) -> Event:
        return {**event, "id": first[event["subject"], event["time"][:10]]}

    of_share(scene, reused, where=mine, percent=percent, draw=draw)
    return of_source(scene, source)
