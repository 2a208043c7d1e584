"""What was written to a run after it was closed: with other content than before it is a finding, whatever is stored."""

from collections.abc import Iterator, Sequence

from billproof.audit.chain import AuditChain
from billproof.audit.index import CLOSED, RUNS
from billproof.audit.model import OBJECT, AuditBlock, Entry
from billproof.audit.naming import chain_of
from billproof.audit.said import first_said, is_after, said_since
from billproof.errors import NotFound
from billproof.identities import RunId
from billproof.ports import Key, LinkableRecords
from billproof.store_keys import ObjectKey, RunKey, partition_name

type Recorded = tuple[AuditBlock, Entry]


def written_after_closing(
    named: Sequence[Recorded], chain: AuditChain, runs: LinkableRecords
) -> Iterator[tuple[Recorded, str | None]]:
    """Yield the entries of objects of closed runs that were written with other content, each with what it follows.

    None stands for one of which that could not be decided.
    """
    by_run: dict[str, list[Recorded]] = {}
    for block, entry in named:
        key = ObjectKey.parse(entry.place[0])
        if entry.what == OBJECT and key.folder == RUNS:
            by_run.setdefault(key.parts[0], []).append((block, entry))
    for name, those in by_run.items():
        try:
            run = RunId.parse(name)
        except NotFound:  # a preview's, which no fact closes
            continue
        yield from _of_run(run, those, chain, runs)


def _of_run(
    run: RunId, those: Sequence[Recorded], chain: AuditChain, runs: LinkableRecords
) -> Iterator[tuple[Recorded, str | None]]:
    partition = partition_name(RUNS, run.legal_entity, run.period)
    planned = runs.get(Key(partition, str(RunKey(run.ordinal))))
    closed = Key(partition, str(RunKey(run.ordinal, CLOSED)))
    if planned is None or runs.get(closed) is None:
        return
    since = str(planned.get("planned_at", ""))
    name = (RUNS, closed.partition, closed.sort)
    closing = first_said(since, name, chain, chain_of(run.legal_entity, (partition,)))
    late = [one for one in those if closing is None or one[0].at > closing.at]
    if closing is None or not late:
        yield from ((one, None) for one in late[:1])
        return
    said = said_since(since, {entry.name for _, entry in late}, chain, run.legal_entity)
    for block, entry in late:
        before = [known for known, other in said.of(entry.name) if is_after(block, known) and other != entry]
        if before:
            yield (block, entry), f"{before[-1].chain} record {before[-1].sequence} of {before[-1].at}"
        elif not said.is_complete:
            yield (block, entry), None
