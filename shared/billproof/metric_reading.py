"""What metrics are read off: the audit chain, what its records are of, and what is looked at beside it."""

from typing import Protocol

from billproof.composition import Composition
from billproof.conservation.service import balance_run
from billproof.insights.folding import STEP
from billproof.insights.keeping import Measurings, StandingBook
from billproof.insights.promises import PromiseSources
from billproof.insights.publishing import PublishingSources
from billproof.insights.recorded import FactSources
from billproof.nets import Net
from billproof.pipeline.exposure import Exposure, exposure


def fact_sources(ports: Composition) -> FactSources:
    """Return the facts and objects that figures are computed from."""
    return FactSources(ports.facts, ports.objects)


class TellBalance(Protocol):
    """Is told of a run whether it balances, before anything else may fail."""

    def __call__(self, run: str, *, balances: bool) -> None:
        """Take it."""


def publishing_sources(
    ports: Composition, entity: str, *, tell_balance: TellBalance | None = None
) -> PublishingSources:
    """Return what metrics of a legal entity are published from; raises NotFound where there is none."""
    known, versions = ports.directory.legal_entity(entity), ports.directory.versions_of(entity)

    def unbilled(period: str) -> Exposure:
        sources = ports.preview_sources()
        return exposure(legal_entity=entity, period=period, sources=sources, now=ports.now(), is_fresh=True)

    def is_balanced(run: str) -> bool:
        """Say whether a run is balanced; one of which something is missing or does not read is not."""
        balances = Net(STEP).catch(
            run, lambda: balance_run(run, stores=ports.stores()).balances, lambda _finding: False
        )
        if tell_balance is not None:
            tell_balance(run, balances=balances)
        return balances

    return PublishingSources(
        entity=known,
        first_time_zone=versions[0].time_zone,
        chain=ports.chain,
        facts=fact_sources(ports),
        objects=ports.objects,
        book=StandingBook(ports.objects, ports.positions),
        measurings=Measurings(ports.positions, lambda: ports.settings.unbilled_every),
        promises=PromiseSources(
            entity=known,
            promises=ports.directory.policy(entity).promises,
            runs=ports.runs,
            workflows=ports.billing_runs,
            objects=ports.objects,
            grace=ports.settings.grace,
        ),
        exposure=unbilled,
        is_balanced=is_balanced,
        clock=ports.now,
        members=lambda: ports.directory.members(entity),
    )
