"""Rehearse a restore: another embedded AWS, with the tables of a moment, the objects as they are, and empty queues.

moment of the export -> disaster -> stack deployed -> tables loaded, objects there -> books proved -> resumed
|---- recovery point ---|-------------------------- recovery time ---------------------------|
                                                                    and, where wanted, the next month is billed there
"""

import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from billproof.adapters.aws.clients import client
from billproof.audit.findings import AuditFindingKind
from billproof.audit.model import OBJECTS
from billproof.audit.verifying import verify
from billproof.pipeline.starting import is_closed, run_ids
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof_ops import naming
from billproof_ops import target as targets
from billproof_ops.auditing import audited_stores
from billproof_ops.local import server
from billproof_ops.local.deployed import outputs, parameters_of
from billproof_ops.local.stack import fill
from billproof_ops.model import Shown
from billproof_ops.recovery.exports import load
from billproof_ops.recovery.in_flight import InFlight, in_flight, resume
from billproof_ops.recovery.month_end import MonthEnd, bill_month
from billproof_ops.recovery.saved_tables import export
from billproof_ops.target import Target
from billproof_ops.waiting import until

BUCKETS = ("DataBucketName", "AuditBucketName")
COPIES_AT_ONCE = 8
SETTLED_SECONDS = 600
MONTH_END = "the month billed there"
LATER = {AuditFindingKind.UNRECORDED, AuditFindingKind.CHANGED}
"""What the chain says of an object that was written after the moment of its table."""

Say = Callable[[str], None]


class RestoredBooks(Shown):
    """What the restored stack holds, and whether that is what was there."""

    runs: int
    documents: int
    not_posted: int
    differences: tuple[str, ...]
    """What the proofs of its closed runs found, but for documents that are on their way to the ERP."""
    audit_findings: tuple[str, ...]
    newer_objects: int
    """Objects that were written after the moment of the tables, so that the chain has no record of them yet."""

    @property
    def hold(self) -> bool:
        """Whether nothing differs."""
        return not self.differences and not self.audit_findings


class Rehearsal(Shown):
    """A rehearsal: what was restored, of which moment, how long it took, what was in flight and came back."""

    moment: datetime
    recovery_point_seconds: float
    """What is lost of the tables: from the moment of the export to the disaster."""
    seconds: dict[str, float]
    items: dict[str, int]
    objects: int
    books: RestoredBooks
    in_flight: tuple[InFlight, ...]
    books_after: RestoredBooks | None
    """After what was in flight came back, and the month was billed; None where that was not wanted."""
    left: tuple[InFlight, ...]
    billed: tuple[MonthEnd, ...] = ()
    """The runs of the month that was billed on the restored stack."""

    @property
    def recovery_time_seconds(self) -> float:
        """From the disaster until the books were proved and, where wanted, what was in flight came back."""
        return sum(seconds for part, seconds in self.seconds.items() if part != MONTH_END)

    @property
    def holds(self) -> bool:
        """Whether the books are the same, nothing that comes back by itself is left, and the month is billed."""
        books = [self.books, *([self.books_after] if self.books_after else [])]
        is_left = self.books_after is not None and any(thing.comes_back for thing in self.left)
        return all(one.hold for one in books) and not is_left and all(end.goes_on for end in self.billed)


@dataclass(frozen=True, slots=True)
class KeptObject:
    """An object that the disaster left: the output that names its bucket, its key, and a file with its bytes."""

    bucket: str
    key: str
    file: Path
    content_type: str
    written_at: datetime


class _Clock:
    """How long each part takes."""

    def __init__(self, say: Say) -> None:
        self.seconds: dict[str, float] = {}
        self._say = say

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._say(name)
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)


def rehearse(
    source: Target,
    state: Path,
    folder: Path,
    *,
    who: str | None,
    month: str = "",
    say: Say = lambda _: None,
    keep_up: bool = False,
) -> Rehearsal:
    """Restore a running embedded AWS into another one below `folder`, prove its books, and resume what was in flight.

    Where a month is named, it is billed there for every legal entity, as somebody asks for it, and is proved with the
    others. `state` is where the source saves itself; the source is only read. The restored one is stopped at the end,
    unless it is kept up; what was in its folder before is removed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    exported = export(source, state, folder / "export")
    disaster = datetime.now(UTC)
    endpoint = client("s3").meta.endpoint_url
    clock, parameters = _Clock(say), parameters_of()
    with clock.part("objects, which are not lost"):
        kept = _keep_objects(source, folder / "objects")
    newer = frozenset(one.key for one in kept if one.written_at >= exported.moment.replace(microsecond=0))
    try:
        restored = _deploy(folder, parameters, clock)
        _fill(restored, folder, kept, clock)
        with clock.part("books proved"):
            books = prove_books(restored, newer)
            things = in_flight(restored)
        after, billed = _go_on(restored, things, newer, who, month, clock) if who is not None else (None, ())
        left = in_flight(restored)
    finally:
        targets.use_endpoint(endpoint)
        if not keep_up:
            server.stop(folder)
    return Rehearsal(
        moment=exported.moment,
        recovery_point_seconds=round((disaster - exported.moment).total_seconds(), 1),
        seconds=clock.seconds,
        items=exported.items,
        objects=len(kept),
        books=books,
        in_flight=tuple(things),
        books_after=after,
        left=tuple(left),
        billed=billed,
    )


def prove_books(target: Target, newer: Collection[str]) -> RestoredBooks:
    """Verify the audit chain of a stack, and prove every closed run.

    What is newer than the tables has no record in the chain, or that of its content before: these are no findings.
    """
    later = {f"{OBJECTS} {key}" for key in newer}
    verification = verify(audited_stores(target))
    proofs = [prove_run(run, stores=target.ports.stores()) for run in _closed_runs(target)]
    return RestoredBooks(
        runs=len(proofs),
        documents=sum(proof.checked.documents for proof in proofs),
        not_posted=sum(proof.not_posted for proof in proofs),
        differences=tuple(
            f"{proof.subject}: {difference.kind} {difference.where}"
            for proof in proofs
            for difference in proof.differences
            if difference.kind is not DifferenceKind.NOT_POSTED
        ),
        audit_findings=tuple(
            f"{finding.kind} {finding.where}"
            for finding in verification.findings
            if finding.kind not in LATER or finding.where not in later
        ),
        newer_objects=len(newer),
    )


def _closed_runs(target: Target) -> Iterator[str]:
    runs = target.ports.runs
    for entity in target.ports.directory.legal_entities():
        for period in naming.billed_months(target, entity.id):
            yield from (run for run in run_ids(runs, entity.id, period) if is_closed(runs, run))


def _deploy(folder: Path, parameters: Mapping[str, str], clock: _Clock) -> Target:
    with clock.part("stack deployed"):
        running, _ = server.start(folder)
        targets.use_endpoint(running.endpoint)
        fill(parameters)
    return Target(outputs=outputs())


def _fill(restored: Target, folder: Path, kept: list[KeptObject], clock: _Clock) -> None:
    with clock.part("tables loaded"):
        load(restored, folder / "export")
    with clock.part("objects put back"):
        _put_objects(restored, folder / "objects", kept)


def _go_on(
    restored: Target, things: list[InFlight], newer: Collection[str], who: str, month: str, clock: _Clock
) -> tuple[RestoredBooks, tuple[MonthEnd, ...]]:
    """Bring back what was in flight, bill the month, if any, and prove all of it; return the books and the runs."""
    billed = tuple[MonthEnd, ...]()
    with clock.part("what was in flight came back"):
        resume(restored, things, who=who)
        _settle(restored)
    if month:
        with clock.part(MONTH_END):
            billed = bill_month(restored, month, who=who)
            _settle(restored)
    with clock.part("books proved again"):
        return prove_books(restored, newer), billed


def _settle(restored: Target) -> None:
    """Wait until nothing is in flight that comes back by itself."""
    until(
        lambda: None if any(thing.comes_back for thing in in_flight(restored)) else True,
        what="what was in flight",
        timeout_seconds=SETTLED_SECONDS,
    )


def _keep_objects(source: Target, folder: Path) -> list[KeptObject]:
    """Copy every object of both buckets into files."""
    folder.mkdir(parents=True)
    pages = ((bucket, client("s3").get_paginator("list_objects_v2"), source.outputs[bucket]) for bucket in BUCKETS)
    listed = (
        (bucket, name, entry)
        for bucket, paginator, name in pages
        for page in paginator.paginate(Bucket=name)
        for entry in page.get("Contents", ())
    )

    def keep(numbered: tuple[int, tuple[str, str, Any]]) -> KeptObject:
        number, (bucket, name, entry) = numbered
        answer = client("s3").get_object(Bucket=name, Key=entry["Key"])
        path = folder / str(number)
        path.write_bytes(answer["Body"].read())
        return KeptObject(bucket, entry["Key"], path, answer["ContentType"], entry["LastModified"])

    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        return list(pool.map(keep, enumerate(listed)))


def _put_objects(restored: Target, folder: Path, kept: list[KeptObject]) -> None:
    def put(one: KeptObject) -> None:
        client("s3").put_object(
            Bucket=restored.outputs[one.bucket], Key=one.key, Body=one.file.read_bytes(), ContentType=one.content_type
        )

    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        list(pool.map(put, kept))
    shutil.rmtree(folder)
