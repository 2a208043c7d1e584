"""The whole of billproof in memory: every use case over fakes, and a billing run as the state machine plays it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from billproof.approvals.applying import Applied, apply_decision
from billproof.approvals.asking import ask_for_run
from billproof.approvals.asking_credits import ask_for_credit
from billproof.approvals.deciding import decide_exception
from billproof.approvals.model import Answer, CreditRequested, Verdict
from billproof.approvals.policy import Policy
from billproof.approvals.raising import raise_exceptions
from billproof.approvals.variances import raise_variances
from billproof.approvals.waiting import Waiting, await_decision
from billproof.completeness.ids_elsewhere import IdsCompared, compare_ids
from billproof.completeness.model import CompletenessResult
from billproof.completeness.service import check_completeness
from billproof.erp.recognition import MonthRecognized, recognize_month
from billproof.erp.service import post_to_erp
from billproof.invoicing.credit_requests import WantedCredit
from billproof.invoicing.model import Invoice
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from billproof.pipeline.closing import Closed, close_billing_run, read_statement
from billproof.pipeline.model import PlanRequest, RunPlan, RunStatement
from billproof.pipeline.planning import plan_billing_run
from billproof.pipeline.planning_accounts import PlanPorts, RunSizes
from billproof.pipeline.steps.calculate_tax import calculate_tax
from billproof.pipeline.steps.draft_invoices import draft_invoices
from billproof.pipeline.steps.price_usage import price_usage
from billproof.pipeline.steps.release_invoices import release_invoices
from billproof.pipeline.steps.validate_pricing import validate_pricing
from billproof.reconciliation.model import Reconciliation
from billproof.reconciliation.service import reconcile
from billproof.reconciliation.sources import ReconciliationSources
from billproof.usage.ingestion import Acceptance
from billproof_ops.local.people import local_identity
from tests.support.demo_data import published
from tests.support.memory_stores import MemoryStores

NOW = datetime(2013, 2, 2, 12, tzinfo=UTC)
GRACE = timedelta(hours=24)
ACCEPTANCE = Acceptance(GRACE, timedelta(days=400))
REQUESTER = "carla"
INC, EUROPE = "skymeter-inc", "skymeter-europe"
JANUARY = "2013-01"


class World(MemoryStores):
    """The use cases over the stores in memory; the demo's master data is published unless told otherwise.

    A test that bills many months of one account asks for it alone: the others are planned, priced and checked, too.
    """

    def __init__(
        self,
        *,
        buckets: int = 1,
        batch_size: int = 25,
        master_data: bool = True,
        accounts: Iterable[str] | None = None,
    ) -> None:
        super().__init__(moment=NOW, buckets=buckets, batch_size=batch_size)
        if master_data:
            self.take_after(published(NOW, None if accounts is None else frozenset(accounts)))

    def start(self, entity: str = INC, period: str = JANUARY) -> str:
        return ask_for_run(
            legal_entity=entity,
            period=period,
            only_accounts=(),
            idempotency_key="",
            caller=local_identity(REQUESTER),
            policies=self.policies,
            requests=self.requests,
            records=self.runs,
            workflows=self.billing_runs,
            directory=self.directory,
            now=self.now(),
            grace=GRACE,
        ).run_id

    def plan(
        self, run_id: str, entity: str = INC, period: str = JANUARY, only_accounts: tuple[str, ...] = ()
    ) -> RunPlan:
        plan_billing_run(
            PlanRequest(
                run_id=run_id, legal_entity=entity, period=period, requested_by=REQUESTER, only_accounts=only_accounts
            ),
            ports=PlanPorts(self.directory, self.register, self.objects, self.runs, self.cash_book),
            sizes=RunSizes(buckets=self.buckets(), batch_size=self.batch_size, max_concurrency=1),
            now=self.now(),
        )
        return Artefacts(self.objects).read(RUN_PLAN, run_id)

    def invoice_batch(self, run_id: str, batch: str) -> None:
        price_usage(run_id=run_id, batch_id=batch, objects=self.objects)
        validate_pricing(run_id=run_id, batch_id=batch, objects=self.objects)
        calculate_tax(run_id=run_id, batch_id=batch, objects=self.objects, engines=self.tax_engines)
        draft_invoices(run_id=run_id, batch_id=batch, objects=self.objects)
        self.release(run_id, batch)
        raise_exceptions(
            run_id=run_id,
            batch_id=batch,
            objects=self.objects,
            register=self.register,
            exception_store=self.exception_store,
            workflows=self.exceptions,
            now=self.now(),
        )

    def check(self, run_id: str) -> CompletenessResult:
        return check_completeness(
            run_id=run_id, objects=self.objects, records=self.runs, exception_store=self.exception_store, now=self.now()
        )

    def compare_ids(self) -> IdsCompared:
        """What check_completeness does every morning."""
        return compare_ids(objects=self.objects, records=self.runs, directory=self.directory, now=self.now())

    def wait(self, exception: str, token: str) -> Waiting:
        """What the state machine invoice_exception does first."""
        return await_decision(
            exception=exception,
            token=token,
            exception_store=self.exception_store,
            register=self.register,
            directory=self.directory,
            tokens=self.tokens,
            mailer=self.mailer,
            sender="billing@skymeter.example",
            now=self.now(),
        )

    def decide(self, exception: str, verdict: str, by: str, reason: str = "checked with the customer") -> Answer:
        return decide_exception(
            exception=exception,
            verdict=Verdict(verdict),
            caller=local_identity(by),
            reason=reason,
            exception_store=self.exception_store,
            register=self.register,
            policies=self.policies,
            tokens=self.tokens,
            now=self.now(),
        )

    def approve_all(self, entity: str = INC, period: str = JANUARY) -> list[str]:
        """Let the director approve whatever waits and still matters, and release it."""
        approved = []
        for state in self.exception_store.of_period(entity, period):
            if state.status == "open" and self.decide(state.opened.id, "approved", "ben").outcome == "decided":
                assert self.apply(state.opened.id).outcome == "released"
                approved.append(state.opened.id)
        return approved

    def credit(self, invoice: str, request: str = "C-1", **terms: Any) -> CreditRequested:
        """Ask for a credit note: all that is left, unless `terms` says more."""
        by = terms.pop("requested_by", "ana")
        fields = {"reason": "billing_error", "note": "agreed with the customer", **terms}
        return ask_for_credit(
            WantedCredit.model_validate({"id": request, "invoice": invoice, **fields}),
            caller=local_identity(by),
            policies=self.policies,
            requests=self.requests,
            register=self.register,
            directory=self.directory,
            objects=self.objects,
            cash_book=self.cash_book,
            exception_store=self.exception_store,
            workflows=self.exceptions,
            now=self.now(),
        )

    def credit_and_approve(self, invoice: str, request: str = "C-1", **terms: Any) -> Invoice:
        """Ask for a credit note, let the director approve it, post it, and return it."""
        asked = self.credit(invoice, request, **terms)
        assert self.decide(asked.exception, "approved", "ben").outcome == "decided"
        assert self.apply(asked.exception).outcome == "released"
        self.post(asked.document)
        return self.invoice(asked.document)

    def apply(self, exception: str) -> Applied:
        names = "exception_store policies objects register directory cash_book runs postings deliveries"
        ports: dict[str, Any] = {name: getattr(self, name) for name in names.split()}
        return apply_decision(exception=exception, **ports, now=self.now())

    def release(self, run_id: str, batch: str) -> None:
        release_invoices(
            run_id=run_id,
            batch_id=batch,
            objects=self.objects,
            register=self.register,
            directory=self.directory,
            postings=self.postings,
            deliveries=self.deliveries,
            now=self.now(),
        )

    def bill(self, entity: str = INC, period: str = JANUARY) -> RunStatement:
        run_id = self.start(entity, period)
        plan = self.plan(run_id, entity, period)
        for bucket in plan.buckets:
            aggregate_usage(run_id=run_id, bucket=bucket, objects=self.objects)
        self.check(run_id)
        for batch in plan.batches:
            self.invoice_batch(run_id, batch)
        assert self.close(run_id).outcome == "closed"
        self.billing_runs.statuses[run_id] = "SUCCEEDED"
        return read_statement(self.objects, run_id)

    def close(self, run_id: str) -> Closed:
        return close_billing_run(run_id=run_id, objects=self.objects, records=self.runs)

    def post(self, invoice_id: str) -> Any:
        return post_to_erp(
            invoice_id=invoice_id,
            register=self.register,
            directory=self.directory,
            objects=self.objects,
            erps=self.erps,
            engines=self.tax_engines,
        )

    def hold_for_no_amount(self, entity: str = INC) -> None:
        """Let no control hold an invoice for what it credits or how far its usage is from that of before."""
        policy = self.directory.policy(entity)
        wide_open = {"credit_percent": "100000", "usage_drop_percent": "100", "usage_spike_percent": "100000"}
        self.publish(
            Policy.model_validate(policy.model_dump() | {"version": policy.version + 1, "thresholds": wide_open})
        )

    def recognize(self, month: str, entity: str = INC) -> MonthRecognized:
        """Recognise what a month earned."""
        return recognize_month(
            legal_entity=entity,
            month=month,
            directory=self.directory,
            register=self.register,
            objects=self.objects,
            erps=self.erps,
        )

    def use_erp(self, name: str, entity: str = INC) -> None:
        """Let a legal entity post in another ERP from now on."""
        known = self.directory.legal_entity(entity)
        self.publish(known.model_copy(update={"version": known.version + 1, "erp": name}))

    def post_all(self, entity: str = INC, period: str = JANUARY) -> None:
        for facts in list(self.register.of_period(entity, period)):
            if facts.released is not None:
                self.post(facts.released.invoice)

    def reconciliation_sources(self) -> ReconciliationSources:
        workflows = self.exceptions
        return ReconciliationSources(
            directory=self.directory,
            register=self.register,
            book=self.cash_book,
            decisions=self.receipt_decisions,
            statements=self.statement_book,
            gateways=self.gateway_book,
            disputes=self.dispute_book,
            erps=self.erps,
            objects=self.objects,
            now=self.now(),
            on_report=lambda report, rules: rules and raise_variances(report, rules, self.exception_store, workflows),
        )

    def reconcile(self, entity: str = INC, period: str = JANUARY) -> Reconciliation:
        return reconcile(entity, period, self.reconciliation_sources())


def flight(number: int = 1, *, account: str = "UA", day: str = "2013-01-05", **changes: Any) -> dict[str, Any]:
    """A departed flight of 1,000 miles and 120 minutes; `data` changes properties, the rest changes the event."""
    data = {
        "origin": "EWR",
        "distance": "1000",
        "tail_number": f"N{number}",
        "air_time": "120",
        **changes.pop("data", {}),
    }
    return {
        "specversion": "1.0",
        "id": f"{day}:{account}:{number}",
        "source": "test/operations",
        "type": "flight.departed",
        "subject": account,
        "time": f"{day}T12:00:00-05:00",
        "data": {name: value for name, value in data.items() if value is not None},
        **changes,
    }
