"""A month under changed terms: two previews, compared line by line, bucket by bucket of the accounts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from billproof.contracts.model import Contract
from billproof.crews import Alone, Crew
from billproof.errors import NotFound
from billproof.findings import Finding
from billproof.ids import shown
from billproof.masterdata.directory import Directory
from billproof.masterdata.model import AnyMasterData
from billproof.model import Model
from billproof.money import Money, total
from billproof.pipeline.families import members_of
from billproof.pipeline.previewing import Previewed, PreviewSources, preview

type Sources = Callable[[], PreviewSources]
"""Makes the sources of one preview."""
type PartSources = Callable[[], Sources]
"""Makes what the two previews of a part share."""


class LineChange(Model):
    """A line that would come to something else, in the currency of the books; null where there is no such line."""

    contract: str
    line: str
    before: Money | None
    after: Money | None


class AccountChange(Model):
    """An account whose invoice would come to something else: net amounts, and the lines that make the difference."""

    account: str
    before: Money
    after: Money
    difference: Money
    lines: tuple[LineChange, ...]
    findings: tuple[Finding, ...]


class Simulation(Model):
    """A period under changed terms, against the terms that are there: net of all accounts, and those that differ."""

    legal_entity: str
    period: str
    accounts: int
    before: Money
    after: Money
    difference: Money
    changes: tuple[AccountChange, ...]


@dataclass(frozen=True, slots=True)
class SimulationPart:
    """Some accounts of one bucket, and what is simulated of them."""

    legal_entity: str
    period: str
    bucket: int
    accounts: tuple[str, ...]
    changes: tuple[AnyMasterData, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class PartSimulated:
    """How many accounts a part compared, what they come to, and those that differ."""

    accounts: int
    before: Money
    after: Money
    changes: list[AccountChange]


def simulate(
    *,
    legal_entity: str,
    period: str,
    changes: Sequence[AnyMasterData],
    sources: Sources,
    now: datetime,
    crew: Crew[PartSources] | None = None,
) -> Simulation:
    """Price a whole period as it is and under changed terms, and compare line by line; nothing is written.

    Raises what `preview` raises, and NotFound where there is nothing to compare.
    """
    crew = crew or Alone(lambda: sources)
    names = sorted({change.account for change in changes if isinstance(change, Contract)})
    concerns_all = any(not isinstance(change, Contract) for change in changes)
    mine = sources()
    directory = Directory(mine.contracts)
    currency = directory.legal_entity(legal_entity).currency
    by_bucket: dict[int, list[str]] = {}
    for account in members_of(directory, legal_entity, directory.members(legal_entity), () if concerns_all else names):
        by_bucket.setdefault(mine.buckets.of(account), []).append(account)
    parts = [
        SimulationPart(legal_entity, period, bucket, tuple(accounts), tuple(changes), now)
        for bucket, accounts in sorted(by_bucket.items())
    ]
    done = list(crew.each("buckets of accounts", simulate_part, parts))
    accounts = sum(part.accounts for part in done)
    if not accounts:
        message = f"the changes affect no account of {shown(legal_entity)}"
        raise NotFound(message)
    before, after = (total((getattr(part, name) for part in done), currency) for name in ("before", "after"))
    changed = [change for part in done for change in part.changes]
    return Simulation(
        legal_entity=legal_entity,
        period=period,
        accounts=accounts,
        before=before,
        after=after,
        difference=after - before,
        changes=tuple(sorted(changed, key=lambda change: change.account)),
    )


def simulate_part(part_sources: PartSources, part: SimulationPart) -> PartSimulated:
    """Compare some accounts of a bucket; a child is compared with its parent, in the bucket of that."""
    sources = part_sources()
    as_is = sources()
    preview_part = partial(
        preview, legal_entity=part.legal_entity, period=part.period, accounts=part.accounts, now=part.now
    )
    before = preview_part(sources=as_is)
    after = preview_part(sources=sources(), changes=part.changes, counted=as_is.objects)
    currency = Directory(as_is.contracts).legal_entity(part.legal_entity).currency
    known = {invoice.account: invoice for invoice in before}
    compared = [
        _compare(known.get(invoice.account), invoice, currency)
        for invoice in after
        if as_is.buckets.of(invoice.account) == part.bucket
    ]
    return PartSimulated(
        accounts=len(compared),
        before=total((change.before for change in compared), currency),
        after=total((change.after for change in compared), currency),
        changes=[change for change in compared if change.lines or change.findings],
    )


def _compare(before: Previewed | None, after: Previewed, currency: str) -> AccountChange:
    was, now = _lines(before), _lines(after)
    lines = [
        LineChange(contract=key[0], line=key[1], before=was.get(key), after=now.get(key))
        for key in sorted(was.keys() | now.keys())
        if was.get(key) != now.get(key)
    ]
    net = [total(nets.values(), currency) for nets in (was, now)]
    known = set(before.findings) if before else set()
    return AccountChange(
        account=after.account,
        before=net[0],
        after=net[1],
        difference=net[1] - net[0],
        lines=tuple(lines),
        findings=tuple(finding for finding in after.findings if finding not in known),
    )


def _lines(previewed: Previewed | None) -> dict[tuple[str, str], Money]:
    if previewed is None or previewed.invoice is None:
        return {}
    nets: dict[tuple[str, str], Money] = {}
    for line in previewed.invoice.lines:  # old line ids may be alike
        key = (line.priced.explanation.contract, line.priced.id)
        nets[key] = nets[key] + line.in_books.net if key in nets else line.in_books.net
    return nets
