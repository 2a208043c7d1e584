"""Plays thousands of random lives once each and checks them all: `make lives LIVES=10000 SEED=1`, on PROCESSES=2.

    plain, family, late    one play: every document, what is left, what is earned, nothing below zero
    one life in ten        and: a preview before each run; full credit notes; a price request; in advance, in arrears

Each life is drawn by the seed and its own number, so that it can be drawn again alone; nothing is shrunk. A life that
differs is written to build/lives with what differs, and the next one is played; the end says how many did, by check.
"""

import gc
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lives import checks
from tests.lives.checks import Checked
from tests.lives.drawing import shuffled
from tests.lives.in_process import in_one_process
from tests.reference.bridge import NotAnsweredError
from tests.reference.bridge_tables import table_of
from tests.reference.figures import Document
from tests.reference.lives import lives
from tests.reference.lives_family import families

CHUNK = 50
ENOUGH_BYTES = 50_000
"""What the largest life is drawn from; one that would need more is drawn again."""
SHARE = 10
"""Of how many lives one is asked for what takes plays of its own."""
FOLDER = Path("build/lives")
KINDS = st.one_of(
    *(st.tuples(st.just(kind), of()) for kind, of in (("plain", lives), ("family", families), ("late", shuffled)))
)


class Chunk(NamedTuple):
    """Lives to draw: the seed that was given, and their numbers among those drawn from it."""

    seed: int
    numbers: range


class ChunkChecked(NamedTuple):
    """How many lives of a chunk were played, how many differ, and in which checks."""

    lives: int
    differing: int
    by_check: Counter[str]


def drawn(first: int, number: int) -> tuple[str, Document]:
    """Return the life of a number: it is the same whatever other lives are drawn from the seed."""
    lives_drawn: list[tuple[str, Document]] = []

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(KINDS)
    def draw(life: tuple[str, Document]) -> None:
        lives_drawn.append(life)

    source = Random(f"{first}/{number}")
    while not lives_drawn:
        cast("Any", draw).hypothesis.fuzz_one_input(source.randbytes(ENOUGH_BYTES))
    return lives_drawn[0]


def checked(kind: str, life: Document, *, is_of_share: bool) -> Iterator[Checked]:
    """Yield every check of a life."""
    issued = checks.played(life, previews=is_of_share)
    yield checks.by_document(life, issued)
    yield checks.left_at_the_end(life, issued)
    if kind != "late":
        yield checks.earned_to_date(life, issued)
    if kind == "plain":
        yield checks.earned_by_month(life, issued)
    if kind != "family":
        yield checks.nothing_below_zero(life, issued)
    if is_of_share:
        yield checks.previews(issued)
        if kind == "plain":
            yield checks.full_credit(life)
            yield checks.full_credit(life, newest_first=True)
            yield checks.advance_and_arrears(life)
            yield from checks.priced(life)


def differences(kind: str, life: Document, *, is_of_share: bool) -> list[Checked]:
    """Return the checks that do not hold of a life; what stops it is one, too."""
    failed: list[Checked] = []
    try:
        failed.extend(check for check in checked(kind, life, is_of_share=is_of_share) if not check.holds)
    except NotAnsweredError as error:
        failed.append(checks.refused(error))
    except Exception as error:  # noqa: BLE001 - whatever stops one life, the others are still to be played
        failed.append(Checked(f"stopped by {type(error).__name__}", {}, {"what is billed": repr(error)}))
    return failed


def play(chunk: Chunk) -> ChunkChecked:
    """Play the lives of a chunk and write those that differ."""
    logging.disable(logging.CRITICAL)
    by_check: Counter[str] = Counter()
    differing = 0
    gc.disable()
    with in_one_process():
        for number in chunk.numbers:
            kind, life = drawn(chunk.seed, number)
            failed = differences(kind, life, is_of_share=number % SHARE == 0)
            differing += bool(failed)
            by_check.update({check.name for check in failed})
            if failed:
                _write(f"{chunk.seed}-{number}-{kind}", life, failed)
            if number % SHARE == 0:
                gc.collect()
    return ChunkChecked(len(chunk.numbers), differing, by_check)


def _write(name: str, life: Document, failed: list[Checked]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(life))
    tables = [f"{check.name}\n{table_of(life, check.right, check.got)}" for check in failed]
    (FOLDER / f"{name}.txt").write_text("\n\n".join(tables))


def main() -> int:
    """Play LIVES lives from SEED on PROCESSES processes; return 0 where all agree."""
    asked, first = int(os.environ.get("LIVES", "1000")), int(os.environ.get("SEED", "0"))
    chunks = [Chunk(first, range(start, min(start + CHUNK, asked))) for start in range(0, asked, CHUNK)]
    began, total, differing, by_check = time.monotonic(), 0, 0, Counter[str]()
    with get_context("spawn").Pool(int(os.environ.get("PROCESSES", "2"))) as pool:
        for done in pool.imap_unordered(play, chunks):
            total, differing = total + done.lives, differing + done.differing
            by_check += done.by_check
            seconds = time.monotonic() - began
            by_name = ", ".join(f"{name} {count}" for name, count in sorted(by_check.items())) or "none"
            sys.stdout.write(
                f"SEED={first}: {total} lives in {seconds:.0f} s ({total / seconds:.1f} a second), "
                f"{differing} differ: {by_name}\n"
            )
            sys.stdout.flush()
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
