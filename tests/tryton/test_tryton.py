"""What is special about Tryton: drafts after a lost answer, the index's 500, customers, names that are not there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from billproof.adapters.tryton.erp import NAME, TrytonErp
from billproof.adapters.tryton.rest import TrytonRest
from billproof.erp.posting import PostingOutcome
from billproof.erp.service import ensure_posted
from billproof.errors import DuplicateReference, ExternalServiceUnavailable, InvalidInput, PostingRejected
from billproof.masterdata.charts import ErpBooks
from tests.support.erp_harnesses import FEBRUARY, entry
from tests.support.parties import account
from tests.support.tryton_harness import CREATE, OF_E, TrytonHarness
from tests.support.tryton_server import PLAIN, UNIQUE, TrytonServer


@pytest.fixture
def open_harness(tryton: TrytonServer) -> Iterator[Callable[..., TrytonHarness]]:
    opened: list[TrytonHarness] = []

    def open_one(database: str = PLAIN, **names: Any) -> TrytonHarness:
        opened.append(TrytonHarness(tryton, database, **names))
        return opened[-1]

    yield open_one
    for harness in opened:
        harness.close()


@pytest.fixture
def harness(open_harness: Callable[..., TrytonHarness]) -> TrytonHarness:
    return open_harness()


@pytest.mark.parametrize("database", [PLAIN, UNIQUE])
def test_a_draft_whose_creation_was_not_acknowledged_is_taken_up(
    open_harness: Callable[..., TrytonHarness], database: str
) -> None:
    harness = open_harness(database)
    harness.send.after[CREATE] = ConnectionResetError("reset by peer")
    with pytest.raises(ExternalServiceUnavailable, match="did not answer: reset by peer"):
        ensure_posted(entry(), harness.erp)
    assert harness.documents() == 1
    assert ensure_posted(entry(), harness.erp)[0] is PostingOutcome.POSTED
    assert (harness.documents(), harness.send.sent.count(CREATE)) == (1, 1)


def test_two_deliveries_at_once_leave_one_document_under_a_unique_index(
    open_harness: Callable[..., TrytonHarness],
) -> None:
    harness = open_harness(UNIQUE)
    other = entry()

    inner = harness.send.inner

    def overtaken(method: str, target: str, **rest: Any) -> Any:
        if method == "POST" and "account.move?" in target:
            harness.send.inner = inner
            harness.erp.post(other)
        return inner(method, target, **rest)

    harness.send.inner = overtaken
    with pytest.raises(DuplicateReference):
        harness.erp.post(entry())
    assert harness.documents() == 1
    assert ensure_posted(entry(), harness.erp)[0] is PostingOutcome.ADOPTED


def test_a_draft_that_another_delivery_created_meanwhile_under_the_index_is_taken_up(
    open_harness: Callable[..., TrytonHarness],
) -> None:
    harness = open_harness(UNIQUE)
    inner = harness.send.inner

    def overtaken(method: str, target: str, **rest: Any) -> Any:
        if method == "POST" and "account.move?" in target:
            inner(method, target, **rest)
        return inner(method, target, **rest)

    harness.send.inner = overtaken
    assert ensure_posted(entry(), harness.erp)[0] is PostingOutcome.POSTED
    assert harness.documents() == 1


def test_a_draft_that_another_delivery_posts_meanwhile_is_adopted(open_harness: Callable[..., TrytonHarness]) -> None:
    harness = open_harness(UNIQUE)
    inner = harness.send.inner

    def overtaken(method: str, target: str, **rest: Any) -> Any:
        if method == "POST" and "/post?" in target:
            inner(method, target, **rest)  # the other delivery took the same draft up
        return inner(method, target, **rest)

    harness.send.inner = overtaken
    ensure_posted(entry(), harness.erp)
    harness.send.inner = inner
    assert ensure_posted(entry(), harness.erp)[0] is PostingOutcome.ADOPTED
    assert harness.documents() == 1


def test_a_customer_is_created_once_and_changed_when_the_account_is(harness: TrytonHarness) -> None:
    harness.customers["a"] = account("DE", vat_number="DE136695976")
    harness.erp.post(entry("R-1"))
    harness.erp.post(entry("R-2"))
    assert [name for name in harness.send.sent if name.startswith("P") and "party" in name] == ["POST party.party"]
    before = party(harness)
    harness.customers["a"] = account("FR", vat_number="FR40303265045", name="Renamed")
    harness.erp.post(entry("R-3"))
    after = party(harness)
    assert (before["id"], before["country"], before["numbers"]) == (after["id"], "DE", [("DE136695976", "eu_vat")])
    assert (after["name"], after["country"], after["numbers"]) == ("Renamed", "FR", [("FR40303265045", "eu_vat")])


def test_what_is_of_no_customer_is_posted_under_the_legal_entity(harness: TrytonHarness) -> None:
    harness.erp.post(entry(billing_account=""))
    (known,) = harness.admin.search("party.party", [["code", "=", f"{harness.journal}-e"]], ["name"])
    assert known["name"] == "e"


def party(harness: TrytonHarness) -> dict[str, Any]:
    fields = ["name", "addresses.country.code", "identifiers.code", "identifiers.type"]
    (known,) = harness.admin.search("party.party", [["code", "=", f"{harness.journal}-a"]], fields)
    (address,) = known["addresses"]
    numbers = [(number["code"], number["type"]) for number in known["identifiers"]]
    return {**known, "country": address["country"]["code"], "numbers": numbers}


def test_a_tax_number_of_no_member_state_is_kept_without_a_type(harness: TrytonHarness) -> None:
    harness.customers["a"] = account("US", "NY", vat_number="12-3456789")
    harness.erp.post(entry())
    assert party(harness)["numbers"] == [("12-3456789", None)]


def test_tax_without_a_name_in_the_books_is_a_rejection(open_harness: Callable[..., TrytonHarness]) -> None:
    harness = open_harness(taxes={"DE": "VAT of Germany"})
    document = entry().model_dump(mode="json")
    tax = [{**line, "memo": "US-TX"} if line["account"] == "2200" else line for line in document["lines"]]
    with pytest.raises(PostingRejected, match="no tax  in Tryton, for our US-TX"):
        harness.erp.post(entry(lines=tax))
    assert harness.documents() == 0


def test_a_day_without_a_fiscal_year_and_a_closed_account_are_rejections(harness: TrytonHarness) -> None:
    with pytest.raises(PostingRejected, match="no period for 2030-01-01") as rejected:
        harness.erp.post(entry(day="2030-01-01"))
    assert "create the fiscal year" in rejected.value.remedy
    known = harness._id("account.account", ["code", "=", "9999"], OF_E)
    harness.admin.write("account.account", known, {"closed": True})
    amounts = {"1100": "1", "9999": "-1"}
    lines = [
        {"account": name, "amount": {"amount": value, "currency": "USD"}, "memo": ""} for name, value in amounts.items()
    ]
    with pytest.raises(PostingRejected, match="account 9999 of Books of e is closed") as rejected:
        harness.erp.post(entry(lines=lines))
    assert "open account 9999" in rejected.value.remedy


def test_an_account_that_is_none_of_ours_is_never_taken_for_one_of_the_same_code(harness: TrytonHarness) -> None:
    harness.erp.post(entry())
    books = harness.entity("e").erp_books[NAME].model_copy(update={"accounts": {"84000": "4900"}})
    entity = harness.entity("e").model_copy(update={"erp_books": {NAME: books}})
    erp = TrytonErp(lambda: harness.tryton._rest, entities=lambda _name: entity, accounts=harness.customers.get)
    (document,) = erp.of_period("e", FEBRUARY)
    assert sorted(document.totals) == ["1100", "2200", "not ours: 84000"]


def test_books_that_are_not_there_are_named(harness: TrytonHarness) -> None:
    entity = harness.entity("e")

    def erp_of(books: dict[str, ErpBooks]) -> TrytonErp:
        other = entity.model_copy(update={"erp_books": books})
        return TrytonErp(lambda: harness.tryton._rest, entities=lambda _name: other, accounts=harness.customers.get)

    with pytest.raises(InvalidInput, match="e does not say which books in Tryton are its own"):
        erp_of({}).find("e", "R-1")
    for field in ("company", "journal"):
        books = entity.erp_books[NAME].model_copy(update={field: "NOBODY"})
        with pytest.raises(InvalidInput, match="named 'NOBODY'"):
            erp_of({NAME: books}).find("e", "R-1")


def test_a_key_that_was_cancelled_is_said_to_be_unknown(tryton: TrytonServer, harness: TrytonHarness) -> None:
    rest = TrytonRest(tryton.address(PLAIN), "cancelled", tryton.send())
    erp = TrytonErp(lambda: rest, entities=harness.entity, accounts=harness.customers.get)
    with pytest.raises(ExternalServiceUnavailable, match="put the key of a validated user application"):
        erp.find("e", "R-1")


def test_the_user_of_the_key_may_change_neither_accounts_nor_posted_moves(harness: TrytonHarness) -> None:
    harness.erp.post(entry())
    rest = harness.tryton._rest
    (move,) = rest.search("account.move", [["journal.code", "=", harness.journal]], ["id"])
    with pytest.raises(PostingRejected, match="Tryton refuses: You are not allowed to modify"):
        rest.write("account.move", move["id"], {"description": "R-9"})
    with pytest.raises(PostingRejected, match="You are not allowed"):
        rest.create("account.journal", {"name": "n", "code": "N", "type": "general"})
