"""What was injected beside what people were told: dollars found, in time, named rightly, and after how many days."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from lab.bank import KNOWN
from lab.baseline import Billed
from lab.families import KINDS, says
from lab.injectors.registered import CAUSES
from lab.observer import Signal
from lab.playing import Outcome, changed_events, moment_of, play
from lab.scene import Injected, Point, Scene, Strength

UPSTREAM = (Point.USAGE, Point.CONTRACT, Point.TAX)
"""Where a leak can be found before an invoice is released."""
BILLED_RIGHT = "billed_right"
"""In place of a code where the product bills right what a naive one would not: nothing leaks."""
MIXED = 4
MIXABLE = {name for name, cause in CAUSES.items() if cause.point in {Point.USAGE, Point.CONTRACT, Point.TAX}}
"""Causes whose dollars two bills say; those of the books and of cash are spoilt by each other's hands."""
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Judged:
    """How one leak fared; money in dollars. `in_time` is null where a leak begins after the release.

    `stated` is what of the dollars the signals themselves state. `prevented` means that nothing leaked: what came in
    was refused or counted, and the dollars are what it would have cost.
    """

    cause: str
    strength: str
    point: str
    is_blind: bool
    injected: Decimal
    found: Decimal
    in_time: Decimal | None
    stated: Decimal
    is_named: bool
    prevented: bool
    days: int | None
    totals_only: Decimal
    codes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}


def inject(scene: Scene, name: str, strength: Strength) -> Injected:
    """Let a cause leak in a scene; the same one always leaks the same."""
    cause = CAUSES[name]
    return cause.inject(scene, cause.size(strength), Random(f"{name}/{strength.value}"))


def judge(name: str, strength: Strength, clean: Outcome) -> Judged:
    """Inject one cause into the clean company, play it, and compare.

    Of a leak before the release only the runs are played: what is posted and paid follows the wrong bill faithfully,
    and whatever else might tell of it is not counted.
    """
    scene = clean.stage.scene.copy()
    injected = inject(scene, name, strength)
    outcome = play(scene, clean=clean, only_runs=CAUSES[name].point in UPSTREAM)
    by_month = _dollars(scene, injected, outcome, clean)
    return judged(name, strength, injected, by_month, outcome=outcome, clean=clean)


def judge_mixture(number: int, clean: Outcome) -> list[Judged]:
    """Inject some causes at once; each is found only where a code of its own kind is told at its place."""
    draw = Random(f"mixture {number}")
    names = draw.sample(sorted(MIXABLE), MIXED)
    scene, parts = clean.stage.scene.copy(), []
    for name in names:
        strength = draw.choice(list(Strength))
        alone = clean.stage.scene.copy()
        dollars = _dollars(alone, inject(alone, name, strength), play(alone, clean=clean, only_runs=True), clean)
        parts.append((name, strength, dollars, inject(scene, name, strength)))
    outcome = play(scene, clean=clean, only_runs=True)
    results = [
        judged(name, strength, injected, dollars, outcome=outcome, clean=clean)
        for name, strength, dollars, injected in parts
    ]
    return [result if result.is_named else replace(result, found=NOTHING, in_time=NOTHING) for result in results]


def judged(
    name: str, strength: Strength, injected: Injected, by_month: dict[str, Decimal], *, outcome: Outcome, clean: Outcome
) -> Judged:
    """Say how a leak of known dollars, by the month from which they leak, fared in an outcome."""
    cause, dollars = CAUSES[name], sum(by_month.values(), NOTHING)
    known = {signal.key for signal in clean.signals}
    numbers = _numbers(outcome, injected)
    here = [one for one in outcome.signals if one.key not in known and is_at(one, injected, numbers)]
    refused = {"refused" if refusal != KNOWN else KNOWN for refusal in outcome.stage.refusals}
    codes = sorted({signal.code for signal in here} | refused | ({BILLED_RIGHT} if injected.twin else set()))
    is_found = bool(codes)
    since = _since(outcome, clean, by_month)
    return Judged(
        cause=name,
        strength=strength.value,
        point=cause.point.value,
        is_blind=cause.is_blind,
        injected=dollars,
        found=dollars if is_found else NOTHING,
        in_time=_in_time(here, by_month, injected) if cause.point in UPSTREAM else None,
        stated=min(dollars, sum((signal.amount or NOTHING for signal in here), NOTHING)),
        is_named=any(KINDS[name] in says(code) or code == BILLED_RIGHT for code in codes),
        prevented=bool(refused) or injected.twin is not None,
        days=0 if refused else _days(here, since),
        totals_only=dollars if outcome.alarms != clean.alarms else NOTHING,
        codes=tuple(codes),
    )


def is_at(signal: Signal, injected: Injected, numbers: frozenset[str] = frozenset()) -> bool:
    """Say whether a signal is told of a place of a leak: an account, a source, or one of its documents' numbers.

    What a run counts has no place, and is of all its sources.
    """
    if signal.where.startswith("run ") or any(number in signal.where for number in numbers):
        return True
    return any(signal.names(place) for place in (*injected.accounts, *injected.sources))


def _numbers(outcome: Outcome, injected: Injected) -> frozenset[str]:
    """Return the numbers of the invoices that a leak after the release is of, and the receipts that name them."""
    if injected.dollars is None:
        return frozenset()
    stage = outcome.stage
    numbers = {stage.number(account, month) for account in injected.accounts for month in stage.scene.months} - {""}
    return frozenset(numbers | stage.receipts_that_name({*numbers, *injected.accounts, *injected.sources}))


def _dollars(scene: Scene, injected: Injected, outcome: Outcome, clean: Outcome) -> dict[str, Decimal]:
    """Return what leaks by month: as the injector knows it, or as two bills say that differ by the leak alone."""
    if injected.dollars is not None:
        return {scene.months[1]: injected.dollars(outcome.stage)}
    right, wrong = clean.billed, outcome.billed
    if "right" in scene.facts:
        right = play(_righted(scene), only_runs=True).billed
    if injected.twin is not None:
        twin = scene.copy()
        injected.twin(twin)
        right, wrong = outcome.billed, play(twin, clean=clean, only_runs=True).billed
    return between(right, wrong, scene.months)


def between(right: Billed, wrong: Billed, months: Sequence[str]) -> dict[str, Decimal]:
    """Return what two bills differ by, month by month: what is too little, or too much where that is more."""
    short, over = (dict.fromkeys(months, NOTHING) for _ in range(2))
    for key in right.keys() | wrong.keys():
        difference = right.get(key, NOTHING) - wrong.get(key, NOTHING)
        side = short if difference > 0 else over
        side[key[1]] += abs(difference)
    more = short if sum(short.values()) >= sum(over.values()) else over
    return {month: amount for month, amount in more.items() if amount}


def _righted(scene: Scene) -> Scene:
    right = scene.copy()
    versions = [version for of_account in scene.facts["right"].values() for version in of_account]
    latest = [versions_of[-1] for versions_of in scene.facts["right"].values()]
    for name, added in (("contracts", versions), ("signed", latest)):
        kept = [one for one in getattr(right, name) if one["account"] not in scene.facts["right"]]
        setattr(right, name, [*kept, *added])
    return right


def _in_time(here: list[Signal], by_month: dict[str, Decimal], injected: Injected) -> Decimal:
    """Return the dollars of the months from the first one on in which something was held; all where nothing leaked."""
    if injected.twin is not None:
        return sum(by_month.values(), NOTHING)
    first = min((signal.month for signal in here if signal.holds and signal.month), default=None)
    return NOTHING if first is None else sum((amount for month, amount in by_month.items() if month >= first), NOTHING)


def _since(outcome: Outcome, clean: Outcome, by_month: dict[str, Decimal]) -> datetime | None:
    changed = changed_events(outcome.stage.scene, clean.stage.scene)
    if changed:
        begin = datetime.fromisoformat(f"{outcome.stage.scene.months[0]}-01T00:00:00+00:00")
        return max(begin, min(map(moment_of, changed)))
    hands = [month for month, _ in outcome.stage.scene.hands]
    months = [*hands, *by_month]
    if not months:
        return None
    year, month = (int(part) for part in min(months).split("-"))
    first = datetime(year, month, 1, tzinfo=UTC)
    return first.replace(month=month + 1, day=3) if hands else first


def _days(here: list[Signal], since: datetime | None) -> int | None:
    at = min((signal.at for signal in here), default=None)
    return None if at is None or since is None else max((at - since).days, 0)
