"""Plays a scene through the whole product in memory, and hands out the world for hands to reach into.

The use cases over memory are those of `tests.support.world`, as `make lives`, `make matching` and the benchmarks use
them: it is the one place that knows how the state machines play a run.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial

import msgspec

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.errors import BillproofError
from billproof.invoicing.delivery import deliver_invoice
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account, LegalEntity
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierCash
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.taking_statements import BankFile, FileOutcome, file_key, take_statement
from billproof.periods import Period
from billproof.pipeline.aggregating import aggregate_usage
from billproof.reconciliation.model import Reconciliation
from billproof_ops.demo import story
from lab.bank import KNOWN, Bank
from lab.company import ENTITY, legal_entity
from lab.crm import nightly_check
from lab.hands import Hands
from lab.scene import Moment, Scene
from tests.support.fakes import MemoryMailer
from tests.support.memory_stores import MemoryStores
from tests.support.world import World

LIMITS = {"invoice_limit": {"USD": "1000000"}, "credit_percent": "60"}
BEGINNING = datetime(2013, 1, 1, 6, tzinfo=UTC)
BANK_ACCOUNT = "021000021-4401"
DECIDER = "ben"
PAID_ON_DAY = 9
SENDER = "billing@lab.example"


class Stage(Hands):
    """A world, the month that is played, and what hands may do to the systems around billproof."""

    def __init__(self, scene: Scene, after: "Snapshot | None" = None) -> None:
        self.scene = scene
        self.world = World(master_data=False)
        self.month = ""
        self.lost_postings: set[str] = set()
        self.refusals: list[str] = []
        self.dead_letters: list[tuple[str, str]] = []
        self.report: Reconciliation | None = None
        self.report_before: Reconciliation | None = None
        self.left_out: dict[str, frozenset[str]] = {}
        self.bank = deepcopy(after.bank) if after else Bank(BANK_ACCOUNT, "USD")
        self.runs: list[str] = list(after.runs) if after else []
        if after:
            self.world.take_after(after.stores)
        else:
            self._publish()

    def snapshot(self) -> "Snapshot":
        """Return what there is now, for other stages to go on from."""
        stores = MemoryStores(moment=BEGINNING, buckets=1, batch_size=25)
        stores.take_after(self.world)
        return Snapshot(stores, deepcopy(self.bank), tuple(self.runs))

    def _publish(self) -> None:
        self.world.take_after(_beginning())
        self.world.publish(*map(LegalEntity.model_validate, self.scene.facts.get("entities", ())))
        self.world.publish(*(Meter.model_validate(meter) for meter in self.scene.meters))
        self.world.publish(*(Account.model_validate(account) for account in self.scene.accounts))
        self.world.publish(*(Contract.model_validate(contract) for contract in self.scene.contracts))

    def play(self, *, only_runs: bool = False) -> Iterator[tuple[str, Moment]]:
        """Play every month; yield after each step, so that somebody may look at what billproof says.

        With `only_runs` nothing is posted, paid or reconciled.
        """
        for month in self.scene.months[len(self.runs) :]:
            self.month = month
            self._receive(month)
            self._hands(Moment.BEFORE_RUN)
            if not self._runs(month):
                continue
            yield month, Moment.AFTER_RUN
            self._approve(month)
            if only_runs:
                self.world.ingest(self.scene.later.get(month, []))
                continue
            self._hands(Moment.AFTER_RUN)
            self._post()
            self._deliver()
            self._hands(Moment.AFTER_POSTING)
            self._cash(month)
            self._hands(Moment.AFTER_CASH)
            self._tell_of_bank()
            self._taken("reconciliation", month, partial(self._reconcile, month))
            if month in self.scene.later:
                self.world.ingest(self.scene.later[month])
            yield month, Moment.AFTER_CASH

    def _receive(self, month: str) -> None:
        end = Period.month(month).end
        self.world.moment = datetime(end.year, end.month, end.day, 6, tzinfo=UTC)
        self.world.ingest(self.scene.usage[month], per_message=500)
        self.world.ingest(self.scene.totals[month], per_message=500)

    def _runs(self, month: str) -> bool:
        """Run a month, and say whether that went to its end; a run that fails on purpose raises an alarm."""
        end = Period.month(month).end
        self.world.moment = datetime(end.year, end.month, 3, 12, tzinfo=UTC)
        nightly_check(self.world, self.scene)
        run, trouble = f"{ENTITY}-{month}-001", len(self.dead_letters)
        self._taken("billing-run", run, partial(self._bill, month))
        if len(self.dead_letters) > trouble:
            return False
        self.runs.append(run)
        return True

    def _bill(self, month: str) -> None:
        """Let a run bill the month: of all accounts, or of all but those that are left out of it."""
        out = self.left_out.get(month, frozenset())
        if not out:
            self.world.bill(ENTITY, month)
            return
        run = self.world.start(ENTITY, month)
        names = tuple(name for name in self._accounts() if name not in out)
        plan = self.world.plan(run, ENTITY, month, names)
        for bucket in plan.buckets:
            aggregate_usage(run_id=run, bucket=bucket, objects=self.world.objects)
        self.world.check(run)
        for batch in plan.batches:
            self.world.invoice_batch(run, batch)
        self.world.close(run)
        self.world.billing_runs.statuses[run] = "SUCCEEDED"

    def _accounts(self) -> list[str]:
        return [one["id"] for one in self.scene.accounts]

    def _approve(self, month: str) -> None:
        """Let a director approve what waits, as if it were right: the money goes on, and later checks see it, too."""
        for state in self.world.exception_store.waiting(ENTITY, month):
            if not state.opened.kind.is_document or not state.opened.can_approve:
                continue
            if self.world.decide(state.opened.id, "approved", DECIDER).outcome == "decided":
                self.world.apply(state.opened.id)

    def _post(self) -> None:
        bodies, self.world.postings.bodies = self.world.postings.bodies, []
        for body in bodies:
            invoice = msgspec.json.decode(body)["invoice"]
            if invoice not in self.lost_postings:
                self._taken("erp-postings", invoice, partial(self.world.post, invoice))

    def _deliver(self) -> None:
        """Mail what was released; what cannot be is found in other ways: its release or its document is another one."""
        bodies, self.world.deliveries.bodies = self.world.deliveries.bodies, []
        for body in bodies:
            with suppress(BillproofError):
                deliver_invoice(
                    invoice_id=msgspec.json.decode(body)["invoice"],
                    register=self.world.register,
                    objects=self.world.objects,
                    archive=self.world.archive,
                    render=lambda _invoice, released: released.number.encode(),
                    mailer=MemoryMailer(),
                    sender=SENDER,
                    electronic=self.world.einvoices,
                )

    def _cash(self, month: str) -> None:
        """Let every customer pay what was released of the month, whole and with its number."""
        end = Period.month(month).end
        on = date(end.year, end.month, PAID_ON_DAY)
        self.world.moment = datetime(on.year, on.month, on.day, 18, tzinfo=UTC)
        for account in self._accounts():
            owed = self._owed(account, month)
            if owed > 0:
                self.bank.arrives(account, self.number(account, month), owed, on)

    def _owed(self, account: str, month: str) -> Decimal:
        """Return what a customer pays: what its invoice says, less what it has a credit note for."""
        try:
            item = self.world.cash_sources().receivables(ENTITY).item(f"{ENTITY}.{month}.{account}")
        except BillproofError:
            return self.gross(account, month)
        return item.open.amount if item else Decimal(0)

    def _tell_of_bank(self) -> None:
        """Take the bank's statement in, and apply what it tells of."""
        self.world.moment += timedelta(days=1)
        data = self.bank.statement(date.fromisoformat(f"{self.world.moment:%Y-%m-%d}"))
        key = file_key(ENTITY, data, name="lab.mt940")
        for _ in range(2 if self.bank.repeats else 1):
            sources = self.world.statement_sources(parse_statement)
            taken = take_statement(BankFile(key, data), sources=sources, now=self.world.now())
            if taken.outcome is FileOutcome.KNOWN:
                self.refusals.append(KNOWN)
        self.bank.repeats = False
        earlier = EarlierCash(self.world.cash_book)
        bodies, self.world.payment_events.bodies = self.world.payment_events.bodies, []
        for body in bodies:
            self._taken("payment-events", body, partial(self._apply_payment, body, earlier))
        self.world.moment += timedelta(days=1)

    def _apply_payment(self, body: str, earlier: EarlierCash) -> object:
        return apply_payment(
            read_payment_event(body),
            sources=self.world.cash_sources(),
            matcher=lambda receipt, book, rules: match(receipt, book, rules, earlier=earlier),
            erps=self.world.erps,
        )

    def _reconcile(self, month: str) -> None:
        """Compare the month, and the one before it again, as the schedule does every day."""
        self.report, self.report_before = None, None
        self.report = self.world.reconcile(ENTITY, month)
        number = self.scene.months.index(month)
        if number:
            self.report_before = self.world.reconcile(ENTITY, self.scene.months[number - 1])

    def _taken(self, queue: str, message: str, take: Callable[[], object]) -> None:
        """Do what a message asks for; what never succeeds becomes a dead letter, which raises an alarm."""
        try:
            take()
        except BillproofError:
            self.dead_letters.append((queue, message))

    def _hands(self, moment: Moment) -> None:
        for hand in self.scene.hands.get((self.month, moment), ()):
            hand(self)


@dataclass(frozen=True)
class Snapshot:
    """The world, the bank and the runs as they are after some months."""

    stores: MemoryStores
    bank: Bank
    runs: tuple[str, ...]


@cache
def _beginning() -> MemoryStores:
    """Return stores with the legal entity and its policy, published once in a process."""
    stores = MemoryStores(moment=BEGINNING, buckets=1, batch_size=25)
    (policy,) = (policy for policy in story.master_data().policies if policy.id == ENTITY)
    stores.publish(
        LegalEntity.model_validate(legal_entity()),
        Policy.model_validate({**policy.model_dump(mode="json"), "thresholds": LIMITS, "variances": {"threshold": {}}}),
    )
    return stores
