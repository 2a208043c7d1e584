"""Watching a run: how far it is, and what it waits for."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from billproof.approvals.model import Kind
from billproof.errors import NotFound
from billproof.identities import RunId
from billproof.pipeline.artefacts import RELEASED, RUN_PLAN, TALLY, Artefacts
from billproof_ops.billing import wait_for_run
from billproof_ops.cli_status import what_waits
from billproof_ops.exceptions import exceptions_of
from billproof_ops.status import waiting_of
from billproof_ops.target import Target


class Watch:
    """Says how far a run is each time that it looks, and once what it waits for."""

    def __init__(self, target: Target, run_id: str, console: Console, progress: Progress) -> None:
        self._target, self._run, self._console, self._progress = target, run_id, console, progress
        self._buckets = progress.add_task("usage of the buckets", total=None)
        self._batches = progress.add_task("invoices of the batches", total=None, visible=False)
        self._said: set[str] = set()

    def look(self) -> None:
        """Look once."""
        artefacts = Artefacts(self._target.ports.objects)
        try:
            plan = artefacts.read(RUN_PLAN, self._run)
        except NotFound:
            return
        counted = len(artefacts.parts(TALLY, self._run))
        self._progress.update(self._buckets, total=len(plan.buckets), completed=counted)
        if counted == len(plan.buckets):
            released = len(artefacts.parts(RELEASED, self._run))
            self._progress.update(self._batches, total=len(plan.batches), completed=released, visible=True)
            if released == 0:
                self._say_what_holds_it()

    def _say_what_holds_it(self) -> None:
        run = RunId.parse(self._run)
        for state in exceptions_of(self._target, run.legal_entity, run.period, all_of_them=False):
            case = state.opened
            if case.kind is Kind.RUN and case.run == self._run and case.id not in self._said:
                self._said.add(case.id)
                self._console.print(f"the run waits: {what_waits(waiting_of(self._target, case))}", soft_wrap=True)
                self._console.print(f"look: billproof exceptions show {case.id}", soft_wrap=True)


def watch(target: Target, run_id: str, *, console: Console, quiet: bool = False) -> None:
    """Watch a run until it is over; raises OpsError where it did not succeed. Who interrupts it stops only watching."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        watcher = Watch(target, run_id, console, progress)
        try:
            wait_for_run(target, run_id, on_poll=(lambda: None) if quiet else watcher.look)
        except KeyboardInterrupt:
            console.print(f"{run_id} goes on: billproof run watch {run_id}", soft_wrap=True)
            raise
