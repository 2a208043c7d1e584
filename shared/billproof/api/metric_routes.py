"""The route of metrics: what the days of a legal entity came to."""

from typing import Any

from pydantic import Field

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.routes import Route, RouteCall
from billproof.composition import Composition
from billproof.insights.reporting import MetricsReport, report
from billproof.model import Day, Model, WrittenFlag


class AskedMetrics(Model):
    """The metrics of a legal entity's days, from the first to the last, as a whole or month by month."""

    legal_entity: AskedText
    first: Day = Field(description="The first day.")
    last: Day = Field(description="The last day; only days that are over are counted.")
    by_month: WrittenFlag = False


def _show_metrics(call: RouteCall[AskedMetrics], ports: Composition) -> MetricsReport:
    """Return the metrics of some days: docs/metrics.md says what each is."""
    wanted, entity = call.request, call.legal_entity(call.request.legal_entity)
    promises = ports.directory.policy(entity).promises
    return report(ports.objects, entity, wanted.first, wanted.last, promises=promises, by_month=wanted.by_month)


ROUTES: dict[str, Route[Any]] = {
    "GET /v1/metrics/{legal_entity}": Route(AskedMetrics, Scope.OPERATIONS_READ, _show_metrics),
}
