"""Every four minutes: what happened since the last call is added to the metrics, and promises are looked at."""

from datetime import datetime, timedelta

from billproof.composition import Composition
from billproof.handlers import count, gauge, log_result, step
from billproof.insights.publishing import EntityPublished, publish_metrics
from billproof.metric_reading import publishing_sources
from billproof.model import Model
from billproof.time_shares import in_shares

MOST_TIME = timedelta(minutes=8)
"""How long one call follows the chains; the next one goes on from there."""


class MetricsRequest(Model):
    """A legal entity; without one all of them."""

    legal_entity: str | None = None


class MetricsResult(Model):
    """What was done for each legal entity."""

    entities: tuple[EntityPublished, ...]


@step(MetricsRequest, name="publish_metrics")
def handler(request: MetricsRequest, ports: Composition) -> MetricsResult:
    """Publish the metrics of legal entities, and count the promises that do not hold."""
    ids = [request.legal_entity] if request.legal_entity else ports.directory.entity_ids()

    def tell(run: str, *, balances: bool) -> None:
        count("StatementsUnbalanced", int(not balances))
        log_result("balanced" if balances else "unbalanced", {"run_id": run})

    def work(entity: str, until: datetime) -> EntityPublished:
        published = publish_metrics(publishing_sources(ports, entity, tell_balance=tell), deadline=until)
        if published.exposure is not None:
            gauge(entity, {f"Unbilled{total.currency}": int(total.amount) for total in published.exposure.totals})
        if published.promises is not None:
            count("RunsMissing", len(published.promises.runs_missing))
            count("PostingsLate", published.promises.postings_late)
            count("VariancesOverdue", published.promises.variances_overdue)
        if published.promises is not None and published.promises.unbilled_percent is not None:
            count("UnbilledOverShare", int(published.promises.is_unbilled_over))
        return published

    return MetricsResult(entities=tuple(in_shares(ids, work, clock=ports.now, most=MOST_TIME)))
