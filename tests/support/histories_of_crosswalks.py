"""A month whose usage comes under old ids: crosswalks are published, one of them late, and the month is billed."""

from datetime import UTC, datetime

from billproof.contracts.history import Receipt
from billproof.masterdata.service import sync_contract
from billproof.pipeline.aggregating import aggregate_usage
from tests.support.crosswalks import LEGACY, crosswalk, merger
from tests.support.histories import History, Step
from tests.support.histories_of_months import BATCHES, RUN, closed, planned
from tests.support.world import World, flight

IN_TIME = Receipt(received_at="2013-01-04T12:00:00.000000Z", sender="AIDAEXAMPLE")
LATE = Receipt(received_at="2013-02-02T11:00:00.000000Z", sender="AIDAEXAMPLE")


def two_accounts() -> World:
    return World(accounts={"UA", "VX"}, batch_size=5)


def crosswalks_taken(world: World) -> None:
    """Ids of another system; and a merger, which is put right."""
    data = crosswalk(("VX", "2013-01-01", None), ids=("A-17", "A-18"))
    sync_contract(data.model_dump_json(), directory=world.directory, receipt=IN_TIME)
    for version, day, receipt in ((1, "2013-01-20", IN_TIME), (2, "2013-01-06", LATE)):
        merged = merger("VX", "UA", day=day, id="merged", version=version)
        sync_contract(merged.model_dump_json(), directory=world.directory, receipt=receipt)


def ingest(world: World) -> None:
    world._sent = 0
    world.moment = datetime(2013, 2, 2, 11, 30, tzinfo=UTC)
    world.ingest(
        [
            *(flight(n, account="A-17", source=LEGACY) for n in range(1, 4)),
            *(flight(n, account="A-18", source=LEGACY, day="2013-01-07") for n in range(1, 4)),
            flight(5, account="VX", day="2013-01-08", id="twice"),
            flight(5, account="UA", day="2013-01-08", id="twice"),
            flight(9, account="A-17"),  # another source's, which nobody knows
        ],
        per_message=4,
    )
    world._sent = 100
    world.moment = datetime(2013, 2, 2, 12, tzinfo=UTC)


def aggregated(world: World) -> None:
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects)


def batches(world: World) -> None:
    world.invoice_batch(RUN, "0000-0000")


CROSSWALKS = History(
    "crosswalks",
    two_accounts,
    (
        Step(("sync_contract",), "sync-crosswalks", crosswalks_taken),
        Step(("ingest_usage",), "ingest-old-ids", ingest),
        Step(("request_run",), "request-by-crosswalks", World.start),
        Step(("plan_billing_run",), "plan-by-crosswalks", planned),
        Step(("aggregate_usage",), "aggregate-by-crosswalks", aggregated),
        Step(("check_completeness",), "check-by-crosswalks", lambda world: world.check(RUN)),
        Step(BATCHES, "batches-by-crosswalks", batches),
        Step(("close_billing_run",), "close-by-crosswalks", closed),
    ),
)
