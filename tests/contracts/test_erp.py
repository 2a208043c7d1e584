"""What every adapter of the ERP port must do, whatever its ERP keeps, forgets and takes twice."""

import pytest

from billproof.adapters.ledger.embedded import EmbeddedLedger
from billproof.erp.port import PostedDocument, erp_named, short_reference
from billproof.erp.posting import PostingOutcome
from billproof.erp.service import ensure_posted
from billproof.errors import (
    Conflict,
    DuplicateReference,
    ExternalServiceUnavailable,
    InvalidInput,
    PostingRejected,
    UnbalancedEntry,
)
from billproof.money import Money
from tests.support.erp_harnesses import FEBRUARY, HARNESSES, REJECTING, Harness, RejectingHarness, entry
from tests.support.fakes import MemoryRecords
from tests.support.faults import Killed
from tests.support.foreign_erp import ForeignErp, ForeignServer

LONG = "SKY-EU-CN-2013-00000"
"""What two numbers begin with that are longer than any short reference field."""


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest) -> Harness:
    return HARNESSES[request.param](request)


@pytest.fixture(params=REJECTING)
def rejecting(request: pytest.FixtureRequest) -> RejectingHarness:
    return REJECTING[request.param](request)


def test_a_document_is_found_by_its_reference_with_its_totals_by_account(harness: Harness) -> None:
    assert harness.erp.find("e", "R-1") == []
    posted = harness.erp.post(entry())
    assert harness.erp.find("e", "R-1") == [posted]
    assert posted.erp_id
    assert (posted.external_reference, f"{posted.document_date}", posted.currency) == ("R-1", "2013-02-01", "USD")
    assert {account: amount.text for account, amount in posted.totals.items()} == {
        "1100": "10.50",
        "2200": "1.00",
        "4000": "-11.50",
    }


def test_a_legal_entity_does_not_see_the_documents_of_another(harness: Harness) -> None:
    harness.erp.post(entry())
    assert harness.erp.find("other", "R-1") == []
    assert list(harness.erp.of_period("other", FEBRUARY)) == []


def test_long_references_that_begin_alike_are_kept_apart(harness: Harness) -> None:
    for number in range(3):
        ensure_posted(entry(f"{LONG}{number}", amount=f"{number + 1}"), harness.erp)
    for number in range(3):
        (document,) = harness.erp.find("e", f"{LONG}{number}")
        assert document.on("1100") == Money.of(number + 1, "USD")
        assert document.external_reference == short_reference(f"{LONG}{number}", harness.erp.reference_length)
        assert len(document.external_reference) <= harness.erp.reference_length


def test_documents_are_listed_by_their_dates(harness: Harness) -> None:
    days = ["2013-01-31", "2013-02-01", "2013-02-28", "2013-03-01"]
    for number in range(20):
        harness.erp.post(entry(f"R-{number}", day=days[number % 4]))
    listed = sorted(document.external_reference for document in harness.erp.of_period("e", FEBRUARY))
    assert listed == sorted(f"R-{number}" for number in range(20) if number % 4 in {1, 2})


def test_an_entry_that_does_not_balance_is_refused(harness: Harness) -> None:
    forged = entry().model_copy(update={"lines": entry().lines[:1]})
    with pytest.raises(UnbalancedEntry):
        harness.erp.post(forged)
    assert harness.erp.find("e", "R-1") == []


def test_a_double_send_posts_once(harness: Harness) -> None:
    outcomes = [ensure_posted(entry(), harness.erp)[0] for _ in range(2)]
    assert outcomes == [PostingOutcome.POSTED, PostingOutcome.ADOPTED]
    assert len(list(harness.erp.of_period("e", FEBRUARY))) == 1


def test_a_reference_that_was_taken_twice_is_refused_or_shown(harness: Harness) -> None:
    harness.erp.post(entry())
    try:
        harness.erp.post(entry())
    except DuplicateReference:
        assert len(harness.erp.find("e", "R-1")) == 1
        return
    assert len(harness.erp.find("e", "R-1")) == 2
    with pytest.raises(Conflict, match="more than once"):
        ensure_posted(entry(), harness.erp)


@pytest.mark.parametrize("other", [{"amount": "11"}, {"day": "2013-02-02"}])
def test_something_else_under_the_reference_is_a_conflict(harness: Harness, other: dict[str, str]) -> None:
    harness.erp.post(entry(**other))
    with pytest.raises(Conflict, match="another document"):
        ensure_posted(entry(), harness.erp)


@pytest.mark.parametrize(
    ("fault", "error", "outcome"),
    [
        ("refuse_connection", ExternalServiceUnavailable, PostingOutcome.POSTED),
        ("lose_acknowledgement", ExternalServiceUnavailable, PostingOutcome.ADOPTED),
        ("answer_too_late", ExternalServiceUnavailable, PostingOutcome.ADOPTED),
        ("die_between_create_and_post", Killed, PostingOutcome.POSTED),
    ],
)
def test_a_failure_is_repeated_to_one_posting(
    harness: Harness, fault: str, error: type[BaseException], outcome: PostingOutcome
) -> None:
    getattr(harness, fault)()
    with pytest.raises(error):
        ensure_posted(entry(), harness.erp)
    again, document = ensure_posted(entry(), harness.erp)
    assert again is outcome
    assert list(harness.erp.of_period("e", FEBRUARY)) == [document]


def test_a_draft_is_not_posted_and_is_taken_up_again(rejecting: RejectingHarness) -> None:
    rejecting.die_between_create_and_post()
    with pytest.raises(Killed):
        ensure_posted(entry(), rejecting.erp)
    assert rejecting.erp.find("e", "R-1") == []
    assert list(rejecting.erp.of_period("e", FEBRUARY)) == []
    ensure_posted(entry(), rejecting.erp)
    assert rejecting.documents() == 1


def test_a_draft_that_says_something_else_is_not_posted(rejecting: RejectingHarness) -> None:
    rejecting.die_between_create_and_post()
    with pytest.raises(Killed):
        ensure_posted(entry(amount="99"), rejecting.erp)
    _, document = ensure_posted(entry(), rejecting.erp)
    assert document.on("1100").text == "10.50"
    assert rejecting.documents() == 1


def test_a_closed_period_is_a_rejection_with_a_remedy_and_is_not_tried_again(rejecting: RejectingHarness) -> None:
    rejecting.close_period()
    with pytest.raises(PostingRejected, match="closed") as rejected:
        ensure_posted(entry(), rejecting.erp)
    assert not rejected.value.retryable
    assert rejected.value.remedy
    assert rejected.value.remedy in str(rejected.value)
    assert rejecting.times_posted() <= 1  # none where the adapter reads the period first
    assert rejecting.erp.find("e", "R-1") == []
    rejecting.open_period()
    assert ensure_posted(entry(), rejecting.erp)[0] is PostingOutcome.POSTED


@pytest.mark.parametrize(("fault", "name"), [("remove_account", "2200"), ("block_party", "a")])
def test_what_master_data_forbids_is_a_rejection_with_a_remedy(
    rejecting: RejectingHarness, fault: str, name: str
) -> None:
    getattr(rejecting, fault)(name)
    with pytest.raises(PostingRejected, match=name) as rejected:
        ensure_posted(entry(), rejecting.erp)
    assert rejected.value.remedy in str(rejected.value)
    assert rejecting.erp.find("e", "R-1") == []


def test_a_document_that_the_erp_does_not_show_yet_is_asked_for_again() -> None:
    class Forgetful(ForeignErp):
        def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
            del legal_entity, external_reference
            return []

    with pytest.raises(ExternalServiceUnavailable, match="does not show"):
        ensure_posted(entry(), Forgetful(ForeignServer()))


def test_a_short_reference_fits_differs_and_never_changes() -> None:
    assert short_reference("SKY-1", 16) == "SKY-1"
    assert short_reference(f"{LONG}1", 16) == "YTJQGMGOKUZYIRQI"  # sha256sum | base32
    assert len({short_reference(f"{LONG}{number}", 16) for number in range(1_000)}) == 1_000
    with pytest.raises(InvalidInput, match="too short"):
        short_reference("SKY-1", 15)


def test_an_erp_that_is_not_configured_is_named() -> None:
    with pytest.raises(InvalidInput, match="the ERP tryton is not configured"):
        erp_named("tryton", {"embedded": EmbeddedLedger(MemoryRecords())})
