"""Levels over months: what a month begins with, where that comes from, and what of the log is read for it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.audit.chain import AuditChain
from billproof.conservation.service import balance_run
from billproof.contracts.history import Receipt
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account
from billproof.periods import instant_text
from billproof.pipeline.artefacts import AGGREGATION_PLAN, Artefacts
from billproof.pipeline.closing import read_statement
from billproof.pipeline.level_sources import first_possible
from billproof.usage.log import LateMark
from tests.support.audited import AuditedMemoryObjects
from tests.support.charges import charge
from tests.support.lives import Life, month
from tests.support.world import INC


class WatchedObjects(AuditedMemoryObjects):
    """Objects that note which days of the usage log are read."""

    def __init__(self, other: AuditedMemoryObjects, chain: AuditChain) -> None:
        super().__init__(chain)
        self.items = other.items
        self.days: set[str] = set()

    def get(self, key: str) -> bytes:
        if key.startswith("usage/"):
            self.days.add(key.split("/day=")[1].partition("/")[0])
        return super().get(key)


def stored(name: str = "stored", **more: Any) -> dict[str, Any]:
    return charge(name, {"model": "per_unit", "unit_price": "1"}, meter="storage", **more)


def life(*charges: dict[str, Any]) -> Life:
    """UA is billed by what it stores."""
    begun = Life(*charges)
    world = begun.world
    world.objects = WatchedObjects(world.objects, world.chain)
    fields = {"event_type": "flight.departed", "value_property": "distance", "unit": "GB"}
    world.publish(Meter(id="storage", version=1, name="Storage", aggregation="latest", **fields))
    return begun


def days_read(of: Life) -> set[str]:
    objects = of.world.objects
    assert isinstance(objects, WatchedObjects)
    read, objects.days = objects.days, set()
    return read


def test_a_month_begins_with_what_the_run_before_ended_with_and_reads_no_older_log() -> None:
    account = life(stored())
    account.use("2013-01-10", "20")
    assert account.bill(1) == {"stored:2013-01": "20.00"}
    days_read(account)
    account.use("2013-02-10", "0")
    account.use("2013-02-20", "7")
    run = f"{INC}-{month(2)}-001"
    world = account.world
    world.moment = datetime(2013, 3, 2, 12, tzinfo=UTC)
    world.bill(period=month(2))
    assert {day[:7] for day in days_read(account)} == {"2013-02"}
    windows = Artefacts(world.objects).read(AGGREGATION_PLAN, run, "0000").windows
    (window,) = [window for window in windows if window.account == "UA"]
    assert window.levels is not None
    assert (window.levels.run, window.levels.period) == (f"{INC}-2013-01-001", "2013-01")
    assert account.bill(3) == {"stored:2013-03": "7.00"}


def test_a_line_says_which_level_it_begins_with() -> None:
    account = life(stored())
    account.use("2013-01-10", "20")
    account.bill(1)
    account.bill(2)
    (line,) = account.world.invoice(f"{INC}.{month(2)}.UA").lines
    assert line.priced.quantity == 20
    assert line.priced.explanation.note == "begins with 20"


def test_a_level_that_no_run_read_is_read_from_the_log_since_the_account_is_known() -> None:
    account = life(charge("miles", {"model": "per_unit", "unit_price": "0"}, meter="miles_tracked"))
    account.use("2013-01-10", "20")
    account.bill(1)
    account.publish("2013-02-01", stored())
    assert account.bill(2) == {"stored:2013-02": "20.00"}


def test_a_late_reading_changes_every_month_after_it_and_each_difference_is_billed() -> None:
    account = life(stored())
    account.use("2013-01-10", "20")
    for number in (1, 2):
        account.bill(number)
    account.world.moment = datetime(2013, 3, 10, 12, tzinfo=UTC)
    account.use("2013-01-20", "5")
    assert account.bill(3) == {
        "difference:stored:2013-01": "-15.00",
        "difference:stored:2013-02": "-15.00",
        "stored:2013-03": "5.00",
    }
    assert account.bill(4) == {"stored:2013-04": "5.00"}


def test_a_late_reading_from_before_the_contract_counts_in_each_month_and_is_no_finding() -> None:
    account = life(stored())
    for number in (1, 2):
        account.bill(number)
    account.world.moment = datetime(2013, 3, 10, 12, tzinfo=UTC)
    account.use("2012-12-20", "20")
    assert account.bill(3) == {
        "difference:stored:2013-01": "20.00",
        "difference:stored:2013-02": "20.00",
        "stored:2013-03": "20.00",
    }
    run = f"{INC}-{month(3)}-001"
    counts = read_statement(account.world.objects, run).late_events
    assert (counts.copies, counts.metered, counts.orphan) == (1, 1, 0)
    assert balance_run(run, stores=account.world.stores()).balances
    assert account.bill(4) == {"stored:2013-04": "20.00"}
    assert read_statement(account.world.objects, f"{INC}-{month(4)}-001").late_events.copies == 0


def test_a_late_reading_that_no_later_month_reads_is_a_finding() -> None:
    account = life(stored())
    account.publish("2013-01-01", stored(), end="2013-02-01")
    account.bill(1)
    world = account.world
    for number, day in ((2, 2), (3, 5)):
        world.moment = datetime(2013, number + 1, day, 12, tzinfo=UTC)
        if number == 3:
            account.use("2012-12-20", "20")
            account.use("2013-02-20", "5")
        statement = world.bill(period=month(number))
    codes = {finding.path: finding.code for finding in statement.findings if finding.account == "UA"}
    assert codes == {"usage/UA/2013-02": "usage_without_invoice"}
    assert (statement.late_events.metered, statement.late_events.orphan) == (1, 1)


@pytest.mark.parametrize(
    ("known", "marked", "first"),
    [
        (None, ["2013-03"], ""),
        ("2013-06-20T12:00:00.000000Z", [], "2013-04-30T10:00:00.000000Z"),  # May's cut-off may be as late as July
        ("2013-06-20T12:00:00.000000Z", ["2013-03", "2013-05"], "2013-02-28T10:00:00.000000Z"),
        ("2013-07-01T11:00:00.000000Z", [], "2013-04-30T10:00:00.000000Z"),
        ("2013-07-01T12:00:00.000000Z", [], "2013-05-31T10:00:00.000000Z"),  # 12 hours behind UTC, and 30 days
    ],
)
def test_the_log_holds_nothing_of_an_account_before_it_is_known_but_marked_months(
    known: str | None, marked: list[str], first: str
) -> None:
    assert first_possible([LateMark("UA", name, "") for name in marked], known) == first


def test_what_is_known_of_an_account_is_when_its_first_version_came_if_that_was_noted_of_each() -> None:
    account = life(stored())
    directory = account.world.directory
    ua = directory.account("UA")
    assert isinstance(ua, Account)
    assert directory.known_since("UA") is None
    other = ua.model_copy(update={"id": "ZZ"})
    for version, day in ((1, 4), (2, 3)):
        at = instant_text(datetime(2013, 1, day, tzinfo=UTC))
        directory.add(other.model_copy(update={"version": version}), Receipt(received_at=at, sender="crm"))
    assert directory.known_since("ZZ") == "2013-01-03T00:00:00.000000Z"
    directory.add(other.model_copy(update={"version": 3}))
    assert directory.known_since("ZZ") is None
