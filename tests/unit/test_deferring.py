"""A fact and the months that its document defers are written together; what is there already is completed."""

from billproof.erp.intent import PostingIntent
from billproof.invoicing.facts import POSTING
from billproof.invoicing.register import Register
from tests.support.fakes import MemoryRecords

INVOICE = "skymeter-inc.2013-01.UA"
INTENT = PostingIntent(external_reference="INC-2013-00001", content_digest="0" * 64)


def _counted() -> tuple[MemoryRecords, list[int]]:
    """Return records, and the sizes of the transactions that are tried on them."""
    records, sizes = MemoryRecords(), list[int]()
    records.before_write = lambda written: sizes.append(len(written))
    return records, sizes


def test_an_intent_and_its_months_are_one_transaction() -> None:
    records, sizes = _counted()
    register = Register(records)
    assert register.add_deferring(INVOICE, POSTING, INTENT, ["2013-02", "2013-03"])
    assert sizes == [3]
    assert register.fact(INVOICE, POSTING) == INTENT.model_dump(mode="json")
    assert [list(register.deferred("skymeter-inc", month)) for month in ("2013-02", "2013-03")] == [[INVOICE]] * 2


def test_nothing_is_written_where_a_month_is_noted_already() -> None:
    register = Register(MemoryRecords())
    register.defer(INVOICE, ["2013-02"])
    assert not register.add_deferring(INVOICE, POSTING, INTENT, ["2013-02", "2013-03"])
    assert register.fact(INVOICE, POSTING) is None
    assert list(register.deferred("skymeter-inc", "2013-03")) == []


def test_more_months_than_a_transaction_holds_are_left_to_be_written_one_by_one() -> None:
    records, sizes = _counted()
    months = [f"{2013 + number // 12}-{number % 12 + 1:02d}" for number in range(100)]
    assert not Register(records).add_deferring(INVOICE, POSTING, INTENT, months)
    assert sizes == []
