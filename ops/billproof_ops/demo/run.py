"""The demo: publish contracts, send flights, run the months, wait for the postings, reconcile, report."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial

from rich.console import Console
from rich.progress import Progress, TaskID

from billproof.adapters.aws.stepfunctions import StateMachine
from billproof.approvals.model import Verdict
from billproof.conservation.model import ConservationStatement
from billproof.conservation.service import balance_run
from billproof.errors import NotFound
from billproof.invoicing.delivery import read_pdf
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.electronic_delivery import read_electronic
from billproof.invoicing.facts import InvoiceFacts
from billproof.pipeline.artefacts import RELEASED, RUN_PLAN, Artefacts
from billproof.pipeline.month_facts import signed_off
from billproof.pipeline.starting import RUNNING
from billproof.proof.service import prove_run
from billproof_ops import closing
from billproof_ops.billing import last_run, run_report, start_run, wait_for_run
from billproof_ops.demo import bank, story
from billproof_ops.demo.cash import PaidMonth
from billproof_ops.demo.comparing import repeated, totals_of
from billproof_ops.demo.feed import DRAIN_SECONDS, Feed
from billproof_ops.demo.progress import Timings
from billproof_ops.demo.summary import (
    DecisionSummary,
    InvoiceSummary,
    ProofSummary,
    ReconciliationSummary,
    RunSummary,
    Summary,
    balance_summary,
    decision_summary,
    invoice_summary,
    reconciliation_summary,
    run_summary,
)
from billproof_ops.demo.trouble import DeadLetterWatch
from billproof_ops.demo.tryton import parameters
from billproof_ops.errors import OpsError
from billproof_ops.exceptions import decide, exceptions_of, release_of
from billproof_ops.local import stack
from billproof_ops.target import Target
from billproof_ops.waiting import until


@dataclass
class PlayedMonths:
    """What came of the months that were played; how many events were sent of each."""

    sent: dict[str, int] = field(default_factory=dict)
    runs: list[RunSummary] = field(default_factory=list)
    proofs: list[ProofSummary] = field(default_factory=list)
    reconciliations: list[ReconciliationSummary] = field(default_factory=list)
    balances: list[ConservationStatement] = field(default_factory=list)
    decisions: list[DecisionSummary] = field(default_factory=list)


@dataclass
class Demo:
    """One demo over a target; with `leaves_open`, what people decide and the close are left to people."""

    target: Target
    months: list[str]
    progress: Progress
    timings: Timings
    posts_in_tryton: bool = False
    leaves_open: bool = False

    def play(self) -> Summary:
        """Run the whole demo and return its summary."""
        self._dead_letters.look()
        before, receipts = self._books(), self._receipts()
        feed = Feed(self.target, self.progress, self.posts_in_tryton)
        with self._phase("load contracts"):
            feed.load()
        closed = [month for month in self.months if any(self._is_closed(entity, month) for entity in self._entities)]
        played = PlayedMonths()
        for month in self.months:
            self._play(month, feed, played)
        invoices = self._invoices()
        return Summary(
            periods=self.months,
            runs=played.runs,
            invoices=invoices,
            reconciliations=played.reconciliations,
            proofs=played.proofs,
            decisions=played.decisions,
            balances=[balance_summary(balance) for balance in played.balances],
            cash=self._paid.summary() if bank.PAID_MONTH in self.months else None,
            totals=totals_of(invoices),
            repeat=repeated(
                before,
                self._books(),
                played.runs,
                sum(played.sent.values()),
                sent_to_closed=sum(played.sent[month] for month in closed),
                new_receipts=self._receipts() - receipts,
            ),
        )

    def _play(self, month: str, feed: Feed, played: PlayedMonths) -> None:
        with self._phase("send and ingest usage", month):
            played.sent[month] = feed.send(month)
        with self._phase("billing runs", month):
            if not self.leaves_open:  # what a demo that was killed left undecided, before a run raises it anew
                self._decide(month)
            run_ids = self._bill(month)
        with self._phase("decisions", month):
            played.decisions += [] if self.leaves_open else self._decide(month)
        with self._phase("delivery and posting", month):
            self._settle(month)
        is_paid = month == bank.PAID_MONTH
        if is_paid:  # before reconciling: a demo that was killed may have left a payout that no bank has told yet
            with self._phase("payments", month):
                self._paid.play()
        with self._phase("reconciliation", month):
            played.reconciliations += self._reconcile(month)
        with self._phase("proof", month):
            played.proofs += [self._prove(run_id) for run_id in run_ids]
            played.balances += [balance_run(run_id, stores=self.target.ports.stores()) for run_id in run_ids]
        if is_paid and not self.leaves_open:
            with self._phase("close", month):
                self._paid.close()
        played.runs += [run_summary(run_report(self.target, run_id)) for run_id in run_ids]

    @contextmanager
    def _phase(self, name: str, of: str = "") -> Iterator[None]:
        """Time one phase, and say which dead letters it left."""
        with self.timings.phase(name, of):
            yield
            self._dead_letters.look()

    @cached_property
    def _dead_letters(self) -> DeadLetterWatch:
        return DeadLetterWatch(self.target, partial(self.progress.console.print, highlight=False, soft_wrap=True))

    @property
    def _entities(self) -> list[str]:
        return [entity.id for entity in story.master_data().legal_entities]

    def _books(self) -> dict[str, tuple[str, str]]:
        """Return the digest and status of every invoice of the months, by its number."""
        books = {}
        for facts in self._facts():
            if (released := facts.released) is not None:
                books[released.number] = (released.document.digest, facts.status.value)
        return books

    @cached_property
    def _paid(self) -> PaidMonth:
        return PaidMonth(self.target, self.leaves_open)

    def _receipts(self) -> int:
        """Return how many receipts there are."""
        book = self.target.ports.cash_book
        return sum(1 for entity in self._entities for _ in book.received(entity))

    def _facts(self) -> Iterator[InvoiceFacts]:
        for month in self.months:
            for entity in self._entities:
                yield from self.target.ports.register.of_period(entity, month)

    def _bill(self, month: str) -> list[str]:
        runs = []
        for entity in self._entities:
            if self._is_closed(entity, month):
                runs.append(last_run(self.target, entity, month))  # a closed month takes no further run
                continue
            run_id = start_run(self.target, entity, month, who=story.REQUESTER).run_id
            runs.append(run_id)
            task = self.progress.add_task(f"{run_id} batches", total=None)
            wait_for_run(self.target, run_id, on_poll=partial(self._show, run_id, task))
            self._show(run_id, task)
        return runs

    def _is_closed(self, entity: str, month: str) -> bool:
        return signed_off(self.target.ports.runs, entity, month) is not None

    def _show(self, run_id: str, task: TaskID) -> None:
        artefacts = Artefacts(self.target.ports.objects)
        try:
            total = len(artefacts.read(RUN_PLAN, run_id).batches)
        except NotFound:
            return
        self.progress.update(task, total=total, completed=len(artefacts.parts(RELEASED, run_id)))

    def _decide(self, month: str) -> list[DecisionSummary]:
        """Let the person with the smallest sufficient limit approve what waits; then its invoice is released."""
        taken = []
        exception_store = self.target.ports.exception_store
        for entity in self._entities:
            policy = self.target.ports.directory.policy(entity)
            for state in exceptions_of(self.target, entity, month, all_of_them=False):
                case = state.opened
                if not case.kind.is_document:  # somebody's own run that is held
                    continue
                until(
                    partial(exception_store.last_token, case.id),
                    what=f"{case.id} to wait for a person",
                    timeout_seconds=DRAIN_SECONDS,
                )
                able = policy.deciders(case.amount, other_than=case.requested_by)
                _approve(self.target, case.id, [person.id for person in able])
            for state in exceptions_of(self.target, entity, month, all_of_them=True):
                if not state.opened.kind.is_document or state.status != Verdict.APPROVED:
                    continue
                number = until(
                    partial(release_of, state, self.target),
                    what=f"the release of {state.opened.id}",
                    timeout_seconds=DRAIN_SECONDS,
                )
                taken.append(decision_summary(state, number))
        return taken

    def _settle(self, month: str) -> None:
        """Wait until every released invoice is posted and delivered."""
        task = self.progress.add_task(f"{month} invoices posted and delivered", total=None)

        def settled() -> bool | None:
            released = done = 0
            for entity in self._entities:
                for facts in self.target.ports.register.of_period(entity, month):
                    if facts.released is not None:
                        released += 1
                        done += facts.status.value == "posted" and facts.is_delivered
            self.progress.update(task, total=released, completed=done)
            return True if done == released else None

        until(settled, what="posting and delivering", timeout_seconds=DRAIN_SECONDS)

    def _reconcile(self, month: str) -> list[ReconciliationSummary]:
        names = {entity: closing.start_reconciling(self.target, entity, month) for entity in self._entities}
        reports = (closing.reconciled(self.target, name, entity, month) for entity, name in names.items())
        return [reconciliation_summary(report) for report in reports]

    def _prove(self, run_id: str) -> ProofSummary:
        proof = prove_run(run_id, stores=self.target.ports.stores())
        differences = [
            f"{difference.kind} {difference.where}: {difference.stated} / {difference.proved}"
            for difference in proof.differences
        ]
        return ProofSummary(run_id=run_id, checked=proof.checked.model_dump(), differences=differences)

    def _invoices(self) -> list[InvoiceSummary]:
        summaries = []
        for facts in self._facts():
            released, held = facts.released, facts.held
            document = released.document if released else held.document if held else None
            if document is not None:
                invoice = read_invoice(self.target.ports.objects, document)
                summaries.append(invoice_summary(facts, released, invoice, document.digest))
        return sorted(
            summaries, key=lambda summary: (summary.period, summary.legal_entity, summary.number or summary.account)
        )

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """Yield the PDF of every released invoice, and its electronic form where it has one, by the file's name."""
        ports = self.target.ports
        for facts in self._facts():
            if (released := facts.released) is not None:
                pdf = read_pdf(released, register=ports.register, objects=ports.objects)
                yield f"{released.number}.pdf", pdf
                electronic = read_electronic(released, register=ports.register, objects=ports.objects)
                if electronic is not None:
                    yield electronic.name, electronic.data


def _approve(target: Target, exception: str, people: list[str]) -> None:
    """Let the first approve who still may: what a person approved before counts against the limit."""
    message = f"{exception}: nobody may approve it"
    for person in people:
        answer = decide(target, exception, "approved", who=person, reason=story.REASON)
        if answer.outcome == "decided":
            return
        message = f"{exception}: {answer.message}"
    raise OpsError(message)


def _ended(machine: StateMachine, name: str) -> str | None:
    """Return the status of an execution that is over, or None."""
    status = machine.status(name)
    return None if status == RUNNING else status


def prepare(timings: Timings, console: Console, owner: str, tryton: str | None = None) -> Target:
    """Bring the local stack up and return it; with the address of a Tryton, it posts there, too."""
    with timings.phase("start and deploy the local stack"):
        local_stack = stack.up(owner, partial(parameters, tryton) if tryton else dict)
    if local_stack.state_wiped:
        console.print("The saved state was incomplete or of another version, and was deleted.")
    if local_stack.goes_on_from:
        console.print(f"The embedded AWS was killed, and goes on from what it saved at {local_stack.goes_on_from}.")
    return Target(outputs=local_stack.outputs)
