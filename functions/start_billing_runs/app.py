"""The hourly schedule: a run of every month that is cut off and has none, for every legal entity."""

from pydantic import ConfigDict

from billproof.composition import Composition
from billproof.handlers import step
from billproof.model import Model
from billproof.pipeline.starting import StartedRun, start_due_runs


class StartRequest(Model):
    """The schedule sends nothing that matters."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Started(Model):
    """The runs that are under way."""

    runs: tuple[StartedRun, ...]


@step(StartRequest, name="start_billing_runs")
def handler(_request: StartRequest, ports: Composition) -> Started:
    """Start what is due; a run that is under way is left alone."""
    runs = start_due_runs(
        records=ports.runs,
        workflows=ports.billing_runs,
        directory=ports.directory,
        now=ports.now(),
        grace=ports.settings.grace,
    )
    return Started(runs=tuple(runs))
