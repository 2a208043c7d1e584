"""Usage that is lost, doubled, misdated or misplaced between what happened and the usage log."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from lab.scene import Event, Injected, Point, Scene, cause

USAGE = Point.USAGE
SHARES = (1, 10, 60)
"""Percent of the events that a cause can reach."""


def of_source(scene: Scene, source: str) -> Injected:
    """Say that a leak is somewhere in what a source sends."""
    return Injected(sources=frozenset({source}), accounts=frozenset(scene.facts["accounts"]))


def later_months(scene: Scene) -> tuple[str, ...]:
    """Return the months in which causes begin that need a month before them."""
    return scene.months[1:]


def some(scene: Scene, draw: Random) -> tuple[str, Callable[[Event], bool]]:
    """Draw a source that measures quantities, and say which events are its own and whole."""
    source = draw.choice([name for name in sorted(scene.facts["sources"]) if name != "lab/identity"])
    return source, lambda event: event["source"] == source and event["data"].get("units", "").isdigit()


def of_account(account: str) -> Callable[[Event], bool]:
    """Say which events are of an account."""
    return lambda event: bool(event["subject"] == account)


def is_within(event: Event, days: int) -> bool:
    """Say whether an event is of so many days from the tenth of February on."""
    return bool("2013-02-10" <= event["time"][:10] <= f"2013-02-{9 + days:02d}")


def recount(scene: Scene) -> None:
    """Let every source state what it sends now: the leak came before it counted."""
    for month in scene.months:
        scene.totals[month] = scene.facts["count"](scene.usage[month])


def with_data(event: Event, **data: Any) -> Event:
    """Return an event with other properties; None takes one out."""
    changed = {name: value for name, value in {**event["data"], **data}.items() if value is not None}
    return {**event, "data": changed}


def of_share(
    scene: Scene, change: Callable[[Event], Event | None], *, where: Callable[[Event], bool], percent: int, draw: Random
) -> None:
    """Change a share of some events; what becomes None is lost."""

    def changed(event: Event) -> Iterator[Event]:
        after = change(event) if where(event) and draw.randrange(100) < percent else event
        if after is not None:
            yield after

    scene.change(changed, later_months(scene))


@cause(USAGE, "events of a source are lost on the way, after it counted them", SHARES)
def lost_on_the_way(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda _: None, where=mine, percent=percent, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "events of one account are lost on the way", (5, 30, 100))
def lost_of_one_account(scene: Scene, percent: int, draw: Random) -> Injected:
    account = draw.choice(scene.facts["metered"])
    of_share(scene, lambda _: None, where=of_account(account), percent=percent, draw=draw)
    return Injected(accounts=frozenset({account}), sources=frozenset(scene.facts["sources"]))


@cause(USAGE, "a source is silent for some days, and states nothing of them", (1, 3, 12))
def source_silent(scene: Scene, days: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda _: None, where=lambda event: mine(event) and is_within(event, days), percent=100, draw=draw)
    recount(scene)
    return of_source(scene, source)


@cause(USAGE, "a network is down for some days; the sources state what they could not send", (1, 3, 12))
def network_down(scene: Scene, days: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda _: None, where=lambda event: mine(event) and is_within(event, days), percent=100, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "a sampling fault loses a share of the events before a source counts them", (1, 5, 40))
def sampled_before_count(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda _: None, where=mine, percent=percent, draw=draw)
    recount(scene)
    return of_source(scene, source)


@cause(USAGE, "a source stops stating control totals, and loses events", SHARES)
def totals_stop_and_events_are_lost(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda _: None, where=mine, percent=percent, draw=draw)
    for month in later_months(scene):
        scene.totals[month] = [total for total in scene.totals[month] if total["source"] != source]
    return of_source(scene, source)


@cause(USAGE, "the last events of a day are cut off with their message", (1, 3, 10))
def message_cut_off(scene: Scene, events: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    day = "2013-02-18"
    lost = [event["id"] for event in scene.usage["2013-02"] if mine(event) and event["time"].startswith(day)][-events:]
    of_share(scene, lambda _: None, where=lambda event: mine(event) and event["id"] in lost, percent=100, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "a clock runs ahead by some hours", (1, 8, 60))
def clock_ahead(scene: Scene, hours: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)

    def ahead(event: Event) -> Event:
        return {**event, "time": (datetime.fromisoformat(event["time"]) + timedelta(hours=hours)).isoformat()}

    of_share(scene, ahead, where=mine, percent=100, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "events of an account are dated a month early, in a month that is billed", (5, 30, 100))
def dated_a_month_early(scene: Scene, percent: int, draw: Random) -> Injected:
    account = draw.choice(scene.facts["metered"])

    def early(event: Event) -> Event:
        return {**event, "time": (datetime.fromisoformat(event["time"]) - timedelta(days=31)).isoformat()}

    of_share(scene, early, where=of_account(account), percent=percent, draw=draw)
    return Injected(accounts=frozenset({account}), sources=frozenset(scene.facts["sources"]))


@cause(USAGE, "a clock was never set: events are of 2001", SHARES)
def clock_never_set(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda event: {**event, "time": f"2001{event['time'][4:]}"}, where=mine, percent=percent, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "usage is sent under another customer", (5, 30, 100))
def under_another_account(scene: Scene, percent: int, draw: Random) -> Injected:
    account, other = draw.sample(scene.facts["metered"], 2)
    of_share(scene, lambda event: {**event, "subject": other}, where=of_account(account), percent=percent, draw=draw)
    return Injected(accounts=frozenset({account, other}))


@cause(USAGE, "usage is sent under a name that no account has", (5, 30, 100))
def under_an_unknown_account(scene: Scene, percent: int, draw: Random) -> Injected:
    account = draw.choice(scene.facts["metered"])
    of_share(
        scene,
        lambda event: {**event, "subject": f"{account}-eu"},
        where=of_account(account),
        percent=percent,
        draw=draw,
    )
    return Injected(accounts=frozenset({account}), sources=frozenset(scene.facts["sources"]))


@cause(USAGE, "events go to another meter that their account is billed for, too", (5, 30, 100))
def under_another_meter(scene: Scene, percent: int, draw: Random) -> Injected:
    account = scene.facts["two_meters"]

    def moved(event: Event) -> Event:
        return {**event, "source": "lab/jobs", "type": "job.ran", "id": f"x-{event['id']}"}

    def is_call(event: Event) -> bool:
        return bool(event["subject"] == account and event["type"] == "api.called")

    of_share(scene, moved, where=is_call, percent=percent, draw=draw)
    return Injected(accounts=frozenset({account}), sources=frozenset(scene.facts["sources"]))


@cause(USAGE, "a new release renames the type of its events", SHARES)
def type_renamed(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, lambda event: {**event, "type": f"{event['type']}.v2"}, where=mine, percent=percent, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "a unit changes on the way: thousands in place of ones", SHARES)
def unit_changed_on_the_way(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, in_thousands, where=mine, percent=percent, draw=draw)
    return of_source(scene, source)


@cause(USAGE, "a unit changes in the source, which states it so, too", SHARES)
def unit_changed_in_the_source(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(scene, in_thousands, where=mine, percent=percent, draw=draw)
    recount(scene)
    return of_source(scene, source)


def in_thousands(event: Event) -> Event:
    """Return an event whose quantity is of a unit that is a thousand times as large."""
    return with_data(event, units=str(Decimal(event["data"]["units"]) / 1000))


@cause(USAGE, "a source rounds every quantity down", (5, 25, 100))
def rounded_down(scene: Scene, step: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    of_share(
        scene,
        lambda event: with_data(event, units=str(int(event["data"]["units"]) // step * step)),
        where=mine,
        percent=100,
        draw=draw,
    )
    recount(scene)
    return of_source(scene, source)


@cause(USAGE, "events arrive after the run of their month", SHARES)
def arrives_late(scene: Scene, percent: int, draw: Random) -> Injected:
    source, mine = some(scene, draw)
    month = scene.months[1]
    late = [event for event in scene.usage[month] if mine(event) and draw.randrange(100) < percent]
    names = {event["id"] for event in late}
    scene.usage[month] = [event for event in scene.usage[month] if not (mine(event) and event["id"] in names)]
    scene.later[month] = late
    return of_source(scene, source)
