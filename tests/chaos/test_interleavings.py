"""Two months in random order: duplicates, crashes, runs at once, answers twice. Then everything balances."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billproof.conservation.service import balance_run
from billproof.errors import Contended
from billproof.identities import RunId
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from billproof.pipeline.starting import RUNNING, is_closed, refuse_while_another_runs, run_ids
from billproof.proof.service import prove_run
from billproof_ops.demo import story
from tests.support.faults import Killed, fused
from tests.support.verifying import verified
from tests.support.world import INC, World, flight

PERIODS = ("2013-01", "2013-02")
ACCOUNTS = ("UA", "EV", "WN")
PARENT, CHILD = "UA", "EV"
"""EV is billed on UA's invoice, in another bucket, and UA's tiers are filled by both."""


def chosen(runs: list[str], choice: int) -> str:
    return runs[choice % len(runs)]


class Month(RuleBasedStateMachine):
    """Two months of one legal entity; every step may die at any port call, and is then taken again or not."""

    @initialize()
    def begin(self) -> None:
        self.world = World(buckets=2, batch_size=1, master_data=False)
        found = story.master_data()
        self.world.publish(*found.legal_entities, *found.meters, *found.policies)
        for account in found.accounts:
            if account.id in ACCOUNTS:
                parent = PARENT if account.id == CHILD else None
                self.world.publish(account.model_copy(update={"parent": parent}))
        self.world.publish(*(each for each in found.contracts if each.account in ACCOUNTS))
        contract = self.world.directory.contracts("EV")[0]
        self.world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
        parents = self.world.directory.contracts(PARENT)[0]
        pooled = tuple(each.model_copy(update={"pooled": each.id == "flights"}) for each in parents.charges)
        self.world.publish(parents.model_copy(update={"version": 2, "charges": pooled}))
        self.world.moment = datetime(2013, 3, 3, 12, tzinfo=UTC)
        self.fuse = fused(self.world)
        self.sent: dict[str, dict[str, Any]] = {}
        self.planned: set[str] = set()

    def attempt(self, kill_at: int | None, after: bool, step: Any) -> bool:
        """Take a step; True where it came through."""
        self.fuse.arm(kill_at, after_effect=after)
        try:
            step()
        except Killed:
            self.world.objects.forget()  # another process remembers nothing
            self.world.chain.forget()
            return False
        finally:
            self.fuse.arm(None)
        return True

    kills = st.one_of(st.none(), st.integers(1, 60))

    @rule(
        numbers=st.lists(st.integers(1, 30), min_size=1, max_size=6),
        account=st.sampled_from(ACCOUNTS),
        month=st.sampled_from(PERIODS),
        kill_at=kills,
        after=st.booleans(),
    )
    def events_arrive(self, numbers: list[int], account: str, month: str, kill_at: int | None, after: bool) -> None:
        found = [flight(number, account=account, day=f"{month}-05") for number in numbers]
        if account == "EV":
            found[0] = {**found[0], "id": "cancelled:" + found[0]["id"], "type": "flight.cancelled"}
        first = self.world._sent
        if not self.attempt(kill_at, after, lambda: self.world.ingest(found)):
            self.world._sent = first  # delivered again, with the time at which it was sent
            self.world.ingest(found)
        self.sent |= {event["id"]: event for event in found}

    @rule(period=st.sampled_from(PERIODS), kill_at=kills, after=st.booleans())
    def a_run_is_started(self, period: str, kill_at: int | None, after: bool) -> None:
        """A month that is under way is returned; another is refused, as while an earlier run is redriven."""
        other = self.months_under_way() - {period}
        try:
            came_through = self.attempt(kill_at, after, lambda: self.world.start(period=period))
        except Contended:
            assert other or self.runs_under_way() & set(self.runs_of(period)[:-1])
        else:
            assert not (came_through and other)

    @precondition(lambda self: bool(self.of_status(RUNNING)))
    @rule(choice=st.integers(0, 100), kill_at=kills, after=st.booleans())
    def a_run_goes_on(self, choice: int, kill_at: int | None, after: bool) -> None:
        self.attempt(kill_at, after, lambda: self.finish(chosen(self.of_status(RUNNING), choice)))

    @precondition(lambda self: bool(self.of_status(RUNNING)))
    @rule(choice=st.integers(0, 100), kill_at=st.integers(1, 200), after=st.booleans())
    def a_run_fails(self, choice: int, kill_at: int, after: bool) -> None:
        """A step died at every attempt that the state machine makes."""
        run_id = chosen(self.of_status(RUNNING), choice)
        if not self.attempt(kill_at, after, lambda: self.finish(run_id)):
            self.world.billing_runs.statuses[run_id] = "FAILED"

    @precondition(lambda self: bool(self.of_status("FAILED")))
    @rule(choice=st.integers(0, 100))
    def a_run_is_redriven(self, choice: int) -> None:
        self.redrive(chosen(self.of_status("FAILED"), choice))

    def redrive(self, run_id: str) -> None:
        """What the operator's command does."""
        period = RunId.parse(run_id).period
        other = self.runs_under_way() - {run_id}  # a later one of its own month, too
        try:
            refuse_while_another_runs(self.world.runs, INC, period, self.world.billing_runs, self.world.now())
        except Contended:
            assert other
        else:
            assert not other
            self.world.billing_runs.statuses[run_id] = RUNNING

    def of_status(self, status: str) -> list[str]:
        """Return the runs of a status, as Step Functions knows them."""
        return sorted(run for run, known in self.world.billing_runs.statuses.items() if known == status)

    def runs_under_way(self) -> set[str]:
        """Return the runs that are under way, or were written down and not started yet."""
        runs = [run for period in PERIODS for run in self.runs_of(period)]
        statuses = self.world.billing_runs.statuses
        under_way = (run for run in runs if statuses.get(run, RUNNING) == RUNNING)
        return {run for run in under_way if not is_closed(self.world.runs, run)}

    def months_under_way(self) -> set[str]:
        """Return the months whose run is under way."""
        return {RunId.parse(run).period for run in self.runs_under_way()}

    def finish(self, run_id: str) -> None:
        """What the state machine does: every step may have been taken before, and none before the plan is done."""
        if run_id not in self.planned:
            self.world.plan(run_id, period=RunId.parse(run_id).period)
            self.planned.add(run_id)
        plan = Artefacts(self.world.objects).read(RUN_PLAN, run_id)
        for bucket in plan.buckets:
            aggregate_usage(run_id=run_id, bucket=bucket, objects=self.world.objects)
        self.world.check(run_id)
        for batch in plan.batches:
            self.world.invoice_batch(run_id, batch)
        assert self.world.close(run_id).outcome == "closed"
        self.world.billing_runs.statuses[run_id] = "SUCCEEDED"

    @rule(period=st.sampled_from(PERIODS), by=st.sampled_from(("ana", "ben")), kill_at=kills, after=st.booleans())
    def a_person_approves(self, period: str, by: str, kill_at: int | None, after: bool) -> None:
        def approve() -> None:
            for state in self.world.exception_store.of_period(INC, period):
                if state.status == "open":
                    self.world.decide(state.opened.id, "approved", by)
                if self.world.exception_store.state(state.opened.id).status == "approved":
                    self.world.apply(state.opened.id)

        self.attempt(kill_at, after, approve)

    @rule(order=st.randoms(use_true_random=False), kill_at=kills, after=st.booleans())
    def postings_are_taken(self, order: Any, kill_at: int | None, after: bool) -> None:
        bodies = list(self.world.postings.bodies)
        order.shuffle(bodies)

        def post() -> None:
            for body in bodies[:5]:
                self.world.post(body.split('"')[3])

        self.attempt(kill_at, after, post)

    @invariant()
    def one_month_is_under_way_at_a_time(self) -> None:
        assert len(self.months_under_way()) <= 1

    @invariant()
    def numbers_have_no_gap_and_no_double(self) -> None:
        series = self.world.register.series(INC, 2013)
        assert len(set(series)) == len(series)
        numbers = [
            released.number for invoice in series if (released := self.world.register.released(invoice)) is not None
        ]
        assert numbers == [f"SKY-US-2013-{number:06d}" for number in range(1, len(series) + 1)]

    def teardown(self) -> None:
        """At the end everything is finished, and every equation balances."""
        if not hasattr(self, "world"):
            return
        self.fuse.arm(None)
        self.end_all_runs()
        for period in (*PERIODS, *PERIODS):
            self.world.bill(period=period)
            self.world.approve_all(period=period)
            self.world.post_all(period=period)
            self.finish(self.world.start(period=period))
        stores = self.world.stores()
        billed: dict[str, int] = {}
        for period in PERIODS:
            assert self.world.reconcile(period=period).outcome == "balanced"
            last = f"{INC}-{period}-{len(self.runs_of(period)):03d}"
            statement = balance_run(last, stores=stores)
            assert statement.balances
            proof = prove_run(last, stores=stores)
            assert proof.differences == (), proof.differences
            own = next(each for each in statement.equations if each.code == "events accepted")
            billed[period] = int(own.total - own.parts["duplicate"])
        for period in PERIODS:
            assert billed[period] == sum(event["time"].startswith(period) for event in self.sent.values())

        self.world.settle()
        assert verified(self.world).findings == ()

    def end_all_runs(self) -> None:
        """Start what was written down and never started, end what is under way, redrive what failed."""
        for period in self.months_under_way():
            if not set(self.runs_of(period)) & set(self.of_status(RUNNING)):
                self.world.start(period=period)
        for run_id in (*self.of_status(RUNNING), *self.of_status("FAILED")):
            self.world.billing_runs.statuses[run_id] = RUNNING
            self.finish(run_id)

    def runs_of(self, period: str) -> list[str]:
        return run_ids(self.world.runs, INC, period)


TestMonth = Month.TestCase
TestMonth.settings = settings(settings.get_profile("chaos"))
