"""Two months in random order: duplicates, crashes, runs at once, answers twice. Then everything balances."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billproof.conservation.service import balance_run
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from billproof.pipeline.starting import run_ids
from billproof.proof.service import prove_run
from billproof_ops.demo import story
from tests.support.faults import Killed, fused
from tests.support.world import INC, World, flight

PERIODS = ("2013-01", "2013-02")
ACCOUNTS = ("UA", "EV", "WN")
PARENT, CHILD = "UA", "EV"
"""EV is billed on UA's invoice, in another bucket, and UA's tiers are filled by both."""


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
        self.planned: dict[str, str] = {}

    def attempt(self, kill_at: int | None, after: bool, step: Any) -> bool:
        """Take a step; True where it came through."""
        self.fuse.arm(kill_at, after_effect=after)
        try:
            step()
        except Killed:
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
    def a_run_is_planned(self, period: str, kill_at: int | None, after: bool) -> None:
        def plan() -> None:
            run_id = self.world.start(period=period)
            self.world.plan(run_id, period=period)
            self.planned[run_id] = period

        self.attempt(kill_at, after, plan)

    @precondition(lambda self: bool(self.planned))
    @rule(choice=st.integers(0, 100), kill_at=kills, after=st.booleans())
    def a_run_goes_on(self, choice: int, kill_at: int | None, after: bool) -> None:
        run_id = sorted(self.planned)[choice % len(self.planned)]
        if self.attempt(kill_at, after, lambda: self.finish(run_id)):
            del self.planned[run_id]

    def finish(self, run_id: str) -> None:
        """What the state machine does: every step may have been taken before."""
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
        for run_id in sorted(self.planned):
            self.finish(run_id)
        runs = []
        for period in (*PERIODS, *PERIODS):
            self.world.bill(period=period)
            self.world.approve_all(period=period)
            self.world.post_all(period=period)
            runs.append(self.world.start(period=period))
            self.world.plan(runs[-1], period=period)
            self.finish(runs[-1])
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

    def runs_of(self, period: str) -> list[str]:
        return run_ids(self.world.runs, INC, period)


TestMonth = Month.TestCase
TestMonth.settings = settings(settings.get_profile("chaos"))
