"""A scene from beginning to end: what was billed, and what people were told."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from billproof.ids import canonical_json
from billproof.pipeline.artefacts import DRAFTED, RUN_PLAN, Artefacts
from lab.baseline import Billed, money_alarms, run_alarms
from lab.company import company
from lab.observer import Signal, Watch
from lab.scene import Event, Moment, Scene
from lab.stage import Snapshot, Stage


@dataclass
class Outcome:
    """What came of a scene."""

    stage: Stage
    billed: Billed = field(default_factory=dict)
    signals: list[Signal] = field(default_factory=list)
    alarms: frozenset[str] = frozenset()
    snapshots: dict[str, Snapshot] = field(default_factory=dict)


def play(scene: Scene, *, clean: Outcome | None = None, keeps_months: bool = False, only_runs: bool = False) -> Outcome:
    """Play a scene; of a clean one the months that this one does not change are taken over.

    With `only_runs` nothing is looked at but what the runs say.
    """
    after, taken = _taken_over(scene, clean) if clean else (None, [])
    stage = Stage(scene, after)
    outcome = Outcome(stage, {key: amount for key, amount in clean.billed.items() if key[1] in taken} if clean else {})
    watch, alarms = Watch(stage), set[str]()
    for month, moment in stage.play(only_runs=only_runs):
        is_after_run = moment is Moment.AFTER_RUN
        watch.see(month, is_after_run=is_after_run)
        if is_after_run:
            outcome.billed |= _drafted(stage, month)
            alarms.update(run_alarms(stage, month, outcome.billed))
        else:
            alarms.update(money_alarms(stage, month, outcome.billed))
            if keeps_months:
                outcome.snapshots[month] = stage.snapshot()
    if not only_runs:
        watch.see_end()
    outcome.signals, outcome.alarms = list(watch.signals.values()), frozenset(alarms)
    return outcome


@lru_cache(maxsize=2)
def clean_company(accounts: int | None = None) -> Outcome:
    """Play the company without any leak, once in a process."""
    scene = company(accounts) if accounts else company()
    return play(scene, keeps_months=True)


def changed_events(scene: Scene, clean: Scene) -> list[Event]:
    """Return the events that are in one of both scenes only."""
    changed: list[Event] = []
    for month in scene.months:
        if scene.usage[month] == clean.usage[month]:
            continue
        mine, theirs = (Counter(map(canonical_json, one.usage[month])) for one in (scene, clean))
        texts = (mine - theirs) + (theirs - mine)
        both = (*scene.usage[month], *clean.usage[month])
        changed += [event for event in both if canonical_json(event) in texts]
    return changed


def _taken_over(scene: Scene, clean: Outcome) -> tuple[Snapshot | None, list[str]]:
    """Return the clean company after the last month before the first one that a scene changes, and those months."""
    other, taken = clean.stage.scene, list[str]()
    names = ("accounts", "signed", "contracts", "meters")
    if any(getattr(scene, name) != getattr(other, name) for name in names) or scene.facts != other.facts:
        return None, []
    for month in scene.months:
        is_same = scene.usage[month] == other.usage[month] and scene.totals[month] == other.totals[month]
        if not is_same or month in scene.later or any(when[0] == month for when in scene.hands):
            break
        taken.append(month)
    return (clean.snapshots[taken[-1]], taken) if taken else (None, [])


def _drafted(stage: Stage, month: str) -> Billed:
    artefacts, run = Artefacts(stage.world.objects), stage.runs[-1]
    drafts = [
        draft
        for batch in artefacts.read(RUN_PLAN, run).batches
        for draft in artefacts.read(DRAFTED, run, batch).drafts
        if draft.document is not None
    ]
    return {(draft.account, month): draft.document.worth.amount.amount for draft in drafts if draft.document}


def moment_of(event: Event) -> datetime:
    """Return when an event happened, as it says."""
    time = datetime.fromisoformat(event["time"])
    return time if time.tzinfo else time.replace(tzinfo=UTC)
