"""Months that are billed, credited, delivered, compacted and anchored, step by step."""

from datetime import UTC, datetime
from functools import partial

from billproof.audit.heads import anchor_days
from billproof.erp.recognition import recognize_month
from billproof.ids import canonical_json
from billproof.invoicing.delivery import deliver_invoice
from billproof.invoicing.delivery_events import DeliveryProblem, ProblemKind, record_delivery_problem
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.redriving import note_redrive
from billproof.pipeline.starting import run_ids, start_due_runs
from billproof.usage.buckets import record_buckets
from billproof.usage.compacting import CompactionRequest, plan_compaction
from billproof.usage.compaction import compact_day
from billproof.usage.discarded import discarded_key
from tests.support.alike_accounts import compare, one_number
from tests.support.histories import History, Step
from tests.support.world import GRACE, INC, JANUARY, World, flight

RUN = f"{INC}-2013-01-001"
CASE = f"{INC}.{JANUARY}.EV.001"
CREDITED = f"{INC}.{JANUARY}.UA"
BATCHES = ("price_usage", "validate_pricing", "calculate_tax", "draft_invoices", "release_invoices", "raise_exceptions")


def month() -> World:
    """Fourteen flights, one of them twice, one corrected; EV is held."""
    world = World(batch_size=5)
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    return world


def ingest(world: World) -> None:
    world._sent = 0
    world.ingest(
        [
            *(flight(n) for n in range(1, 6)),
            flight(1),
            flight(6, corrects="2013-01-05:UA:2"),
            flight(1, account="EV", type="flight.cancelled"),
            flight(7, data={"distance": "-1"}),
        ],
        per_message=4,
    )
    world._sent = 100


def planned(world: World) -> None:
    world.plan(RUN)


def aggregated(world: World) -> None:
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects)


def batches(world: World) -> None:
    for batch in ("0000-0000", "0000-0001", "0000-0002"):
        world.invoice_batch(RUN, batch)


def closed(world: World) -> None:
    assert world.close(RUN).outcome == "closed"


def decided(world: World) -> None:
    assert world.decide(CASE, "approved", "ben").outcome == "decided"


def applied(world: World) -> None:
    assert world.apply(CASE).outcome == "released"


def reconciled(world: World) -> None:
    assert world.reconcile().outcome == "balanced"


def credit_asked(world: World) -> None:
    assert world.credit(CREDITED, rebill=True).outcome == "waiting"


def credit_decided(world: World) -> None:
    assert world.decide(f"{CREDITED}~01.001", "approved", "ben").outcome == "decided"


def credit_applied(world: World) -> None:
    assert world.apply(f"{CREDITED}~01.001").outcome == "released"


def recognized(world: World) -> None:
    done = recognize_month(
        legal_entity=INC,
        month="2013-02",
        directory=world.directory,
        register=world.register,
        objects=world.objects,
        erps=world.erps,
    )
    assert done.documents > 0


def delivered(world: World) -> None:
    for document in (CREDITED, f"{CREDITED}~01"):
        deliver_invoice(
            invoice_id=document,
            register=world.register,
            objects=world.objects,
            archive=world.archive,
            render=lambda _invoice, _released: b"%PDF",
            mailer=world.mailer,
            sender="billing@skymeter.example",
            electronic=world.einvoices,
        )


def bounced(world: World) -> None:
    for kind in ProblemKind:
        problem = DeliveryProblem(kind=kind, invoice=CREDITED, mail="m-1", happened_at=None, reason="no such mailbox")
        record_delivery_problem(problem, register=world.register)


MONTH = History(
    "month",
    month,
    (
        Step(("ingest_usage",), "ingest", ingest),
        Step(("request_run",), "request", World.start),
        Step(("plan_billing_run",), "plan", planned),
        Step(("aggregate_usage",), "aggregate", aggregated),
        Step(("check_completeness",), "check", lambda world: world.check(RUN)),
        Step(BATCHES, "batches", batches),
        Step(("close_billing_run",), "close", closed),
        Step(("await_decision",), "wait", lambda world: world.wait(CASE, "token")),
        Step(("decide_exception",), "decide", decided),
        Step(("apply_decision",), "apply", applied),
        Step(("post_to_erp",), "post", lambda world: world.post_all()),
        Step(("request_credit",), "credit", credit_asked),
        Step(("decide_exception",), "approve-credit", credit_decided),
        Step(("apply_decision",), "apply-credit", credit_applied),
        Step(("post_to_erp",), "post-credit", lambda world: world.post(f"{CREDITED}~01")),
        Step(("deliver_invoice",), "deliver", delivered),
        Step(("record_delivery_event",), "bounce", bounced),
        Step(("recognize_revenue",), "recognize", recognized),
        Step(("reconcile",), "reconcile", reconciled),
    ),
)


def at(year: int, month: int, day: int, world: World) -> None:
    world.moment = datetime(year, month, day, 12, tzinfo=UTC)


def sent(world: World) -> None:
    """Twice on one day, and on the next: a run of the month has what is compacted, and what came after it."""
    world._sent = 0
    world.ingest([flight(1), flight(2), flight(1)])
    world.ingest([flight(3, corrects="2013-01-05:UA:2"), flight(4, day="2013-01-06")])
    world.ingest([flight(8), flight(8, account="WN"), flight(9, account="nobody")])  # an id in two accounts
    world._sent = 100


def round_planned(world: World) -> None:
    request = CompactionRequest(months=(JANUARY,))
    assert plan_compaction(request, objects=world.objects, buckets=world.buckets(), now=world.now()).days == 2


def day_compacted(world: World, day: str = "2013-01-05") -> None:
    compact_day(0, day, objects=world.objects, meters=world.directory.meters())


def due_runs_started(world: World) -> None:
    at(2013, 2, 3, world)
    start_due_runs(
        records=world.runs,
        workflows=world.billing_runs,
        directory=world.directory,
        now=world.now(),
        grace=GRACE,
    )
    assert RUN in run_ids(world.runs, INC, JANUARY)


def billed(world: World) -> None:
    """The run that the schedule asked for, as its state machine plays it."""
    plan = world.plan(RUN)
    for bucket in plan.buckets:
        aggregate_usage(run_id=RUN, bucket=bucket, objects=world.objects)
    world.check(RUN)
    for batch in plan.batches:
        world.invoice_batch(RUN, batch)
    assert world.close(RUN).outcome == "closed"


def late(world: World) -> None:
    world._sent = 100
    world.ingest([flight(50), flight(51, corrects="2013-01-05:UA:1")])


def anchored(world: World) -> None:
    """Days are anchored once they are over."""
    at(2013, 2, 6, world)
    while anchor_days(world.chain, world.anchors, today=world.now().date()):  # a month at a time
        world.settle()


def by_an_operator(world: World) -> None:
    """What the command writes, and nobody else: a redrive, a dead letter that is discarded, the count of buckets."""
    note_redrive(world.runs, INC, RUN, world.now())
    world.objects.put(discarded_key("usage-events", "m-1"), canonical_json({"body": "[]", "reason": "a trial"}))
    record_buckets(world.objects, 1)


COMPACTION = History(
    "compaction",
    partial(World, accounts={"UA", "EV", "WN"}),
    (
        Step(("ingest_usage",), "ingest", sent),
        Step(("plan_compaction",), "plan-compaction", round_planned),
        Step(("compact_usage",), "compact", day_compacted),
        Step(("start_billing_runs",), "start-due-runs", due_runs_started),
        Step((), "bill", billed),
        Step(("check_completeness",), "compare-ids", World.compare_ids),
        Step((), "give-one-tax-number", one_number),
        Step(("check_completeness",), "compare-accounts", compare),
        Step(("ingest_usage",), "late", late),
        Step(("anchor_audit",), "anchor", anchored),
        Step((), "operate", by_an_operator),
    ),
)
