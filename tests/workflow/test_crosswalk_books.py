"""All crosswalks together: what is said of many ids is what is said of each, and large ones take no longer than it."""

from random import Random

import pytest

from billproof.errors import InvalidInput
from billproof.masterdata import crosswalk_checks
from billproof.masterdata.crosswalk_book import CrosswalkBook, KnownCrosswalk, OwnedSpan
from billproof.masterdata.crosswalks import ACCOUNTS, Crosswalk
from billproof.usage.buckets import Buckets, BucketSpread
from tests.support.crosswalks import LEGACY, crosswalk, publish
from tests.support.world import World

NAMES = ("UA", "WN", "B6", "A-1", "A-2", "A-3", "A-4")


def known(data: Crosswalk) -> KnownCrosswalk:
    return KnownCrosswalk(data, f"2013-0{data.version}-15T00:00:00.000000Z")


def drawn(chance: Random) -> CrosswalkBook:
    """Draw crosswalks of two systems and of accounts; some ids are accounts, and some are named by several."""
    versions = []
    for number in range(chance.randint(1, 4)):
        system = chance.choice((LEGACY, "other", ACCOUNTS))
        for version in range(1, chance.randint(2, 4)):
            months = sorted(chance.sample(range(1, 10), 4))
            days = [f"2013-{month:02d}-01" for month in months]
            entries = ((chance.choice(NAMES[:4]), days[0], days[1]), (chance.choice(NAMES[:4]), days[2], days[3]))
            ids = tuple(chance.sample(NAMES, chance.randint(1, 5)))
            versions.append(known(crosswalk(*entries, ids=ids, system=system, id=f"c{number}", version=version)))
    return CrosswalkBook.of(versions)


def alone(book: CrosswalkBook, as_of: dict[str, str]) -> list[OwnedSpan]:
    """Return the spans of every id, each worked out by itself."""
    return [span for name in book._by_name for span in book._spans_of(*name, as_of)]


@pytest.mark.parametrize("seed", range(40))
def test_ids_that_are_alike_have_the_spans_that_each_has_alone(seed: int) -> None:
    chance = Random(seed)
    book = drawn(chance)
    for accounts in ((), ("UA",), ("A-1", "WN")):
        as_of = {account: f"2013-0{chance.randint(1, 4)}-20T00:00:00.000000Z" for account in accounts}
        assert list(book.spans(as_of)) == alone(book, as_of)


def steps_of(ids: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count how often a book of one crosswalk is asked for the account of an id."""
    steps: list[tuple[str, ...]] = []
    step = CrosswalkBook._step

    def counted(self: CrosswalkBook, *of: str) -> str | None:
        steps.append(of)
        return step(self, *of)

    names = tuple(f"x{number}" for number in range(ids))
    versions = [crosswalk(("UA", "2013-01-01", None), ids=names, version=version) for version in (1, 2)]
    with monkeypatch.context() as patched:
        patched.setattr(CrosswalkBook, "_step", counted)
        spans = list(CrosswalkBook.of(map(known, versions)).spans({}))
    assert {span.external_id for span in spans} == set(names)
    return len(steps)


def test_a_thousand_ids_of_a_crosswalk_cost_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps_of(1_000, monkeypatch) == steps_of(1, monkeypatch)


def test_two_large_crosswalks_are_compared_once_and_not_for_each_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand ids of a hundred entries took longer than a call of the API has."""
    world = World(accounts={"UA", "WN"})
    ids = tuple(f"x{number}" for number in range(50))
    publish(world, crosswalk(("UA", "2013-01-01", None), ids=ids, id="known"))
    read: list[str] = []
    spans = Crosswalk.spans

    def counted(self: Crosswalk) -> list[tuple[str, str, str]]:
        read.append(self.id)
        return spans(self)

    other = crosswalk(("WN", "2013-02-01", None), ids=ids, id="other")
    with monkeypatch.context() as patched:
        patched.setattr(Crosswalk, "spans", counted)
        with pytest.raises(InvalidInput, match=r"x0 is WN by crosswalk other and UA by crosswalk known.* and 45 more"):
            crosswalk_checks.refuse_unsound_crosswalk(other, world.directory)
    assert len(read) <= 5


def rows_of(ids: int, entries: int) -> tuple[int, BucketSpread, list[OwnedSpan]]:
    """Return how many rows a plan has of a crosswalk: those of ids, and those of days, each written once."""
    days = [f"{2013 + number // 12}-{number % 12 + 1:02d}-01" for number in range(entries + 1)]
    terms = tuple((("UA", "B6")[number % 2], days[number], days[number + 1]) for number in range(entries))
    names = tuple(f"x{number}" for number in range(ids))
    spans = list(CrosswalkBook.of([known(crosswalk(*terms, ids=names))]).spans({}))
    spread = Buckets((1,)).spread_with(0, spans)
    return sum(len(one.external_ids) + len(one.spans) for one in spread.owned), spread, spans


def test_a_plan_has_each_row_of_a_crosswalk_once_and_grows_with_ids_and_days_not_with_both_multiplied() -> None:
    rows, spread, spans = rows_of(200, 24)
    assert rows == 200 + 26  # a span for each of 24 months, one before them and one after, where an id means itself
    assert len(spans) == 200 * 26
    assert set(spread.spans()) == set(spans)


@pytest.mark.parametrize("seed", range(20))
def test_what_a_plan_keeps_of_crosswalks_is_what_they_say_of_each_id(seed: int) -> None:
    book = drawn(Random(seed))
    spans = list(book.spans({"UA": "2013-02-20T00:00:00.000000Z"}))
    spread = Buckets((1,)).spread_with(0, spans)
    assert sorted(spread.spans()) == sorted(spans)
    read = BucketSpread.model_validate_json(spread.model_dump_json())
    assert read == spread
    before = {"owners": [span._asdict() for span in spans]}  # as plans of before have it
    assert sorted(BucketSpread.model_validate(before).spans()) == sorted(spans)


def test_a_spread_of_before_keeps_its_bytes() -> None:
    text = (
        '{"older":[],"shard":0,"count":4,"others":[3],"owners":[{"system":"s","external_id":"x","start":"0",'
        '"end":"9999","account":"UA","since":""}]}'
    )
    assert BucketSpread.model_validate_json(text).model_dump_json() == text
