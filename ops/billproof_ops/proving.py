"""Proving a run with several processes; each takes buckets and batches, and reads the stores by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from billproof.crews import Alone, Crew
from billproof.proof.model import Proof
from billproof.proof.reading import RunReads
from billproof.proof.service import prove_run
from billproof_ops.processes import crew
from billproof_ops.progressing import HowFar
from billproof_ops.target import Target

ACCOUNTS_ALONE = 300
"""Up to so many accounts are proved by this process: another one takes a second or two to begin."""


def prove(target: Target, run_id: str, how_far: HowFar | None = None) -> Proof:
    """Prove a run, and say on stderr how far it is."""
    how_far = how_far or HowFar()
    with how_far.shown():
        return prove_run(run_id, stores=target.ports.stores(), crews=partial(_crew, how_far=how_far))


@contextmanager
def _crew(reads: RunReads, at_hand: Path, *, how_far: HowFar) -> Iterator[Crew[RunReads]]:
    most = 1 if reads.plan.accounts <= ACCOUNTS_ALONE else len(reads.plan.batches)
    with crew(Alone(reads), _reads, reads.run, at_hand, most=most, how_far=how_far) as gathered:
        yield gathered


def _reads(run_id: str, at_hand: Path) -> RunReads:
    return RunReads.in_another_process(run_id, Target.find().ports.stores(), at_hand)
