"""What is special about SAP: tokens, sessions, locks, refusals under status 200, and numbers with zeros before them."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from billproof.adapters.http_calls import HttpAnswer, by_name
from billproof.adapters.sap.documents import document_of
from billproof.adapters.sap.erp import NAME, SapErp, connected
from billproof.adapters.sap.rest import SapRest
from billproof.erp.posting import PostingOutcome
from billproof.erp.service import ensure_posted
from billproof.errors import Conflict, ExternalServiceUnavailable, InvalidInput, PostingRejected
from billproof.masterdata.charts import ErpBooks
from tests.support.erp_harnesses import FEBRUARY, entry
from tests.support.mock_sap import ACCESS, Sap, mock_sap
from tests.support.sap_harness import COMMIT, POST, SapHarness


@pytest.fixture
def sap() -> Iterator[Sap]:
    with mock_sap() as opened:
        yield opened


@pytest.fixture
def harness(sap: Sap) -> SapHarness:
    return SapHarness(sap)


def items(sap: Sap) -> list[dict[str, Any]]:
    rows = 'SELECT * FROM "A_JournalEntryItem" WHERE "DocumentItemText" LIKE ? ORDER BY "AccountingDocumentItem"'
    return [dict(row) for row in sap.mock.conn.execute(rows, ("%SKY-%",))]


def test_the_reference_is_short_and_the_whole_number_is_in_the_texts(sap: Sap, harness: SapHarness) -> None:
    number = "SKY-EU-CN-2013-000001"
    ensure_posted(entry(number), harness.erp)
    (row,) = sap._entries()
    assert (row["ReferenceDocument"], row["AccountingDocumentHeaderText"]) == ("YTJQGMGOKUZYIRQI", number)
    assert {item["DocumentItemText"] for item in items(sap)} == {number}


def test_numbers_have_their_zeros_inside_and_receivables_their_customer(sap: Sap, harness: SapHarness) -> None:
    harness.erp.post(entry("SKY-1"))
    by_account = {item["GLAccount"]: item["Customer"] for item in items(sap)}
    assert by_account == {"0041000000": "", "0000002200": "", "0000000007": "", "0000001100": "C-a"}


def test_a_customer_without_room_for_its_number_is_a_rejection(sap: Sap, harness: SapHarness) -> None:
    with pytest.raises(PostingRejected, match="C-an-account is longer than the 10 characters") as rejected:
        harness.erp.post(entry(billing_account="an-account"))
    assert "shorter party_prefix" in rejected.value.remedy
    assert sap.documents() == 0


@pytest.mark.parametrize(
    ("scenario", "match", "says", "details"),
    [
        ("busy", "BAPI_ACC", "status 503", {"status": "503", "retry_after": "30"}),
        ("lock", "BAPI_ACC", "keeps a lock", {"status": "423"}),
        ("error", "BAPI_TRANSACTION", "status 500", {"status": "500"}),
        ("busy", "A_JournalEntry", "status 503", {"status": "503", "retry_after": "30"}),
        ("notfound", "A_JournalEntry", "no such service", {"status": "404"}),
        ("busy", "oauth2", "status 503", {"status": "503", "retry_after": "30"}),
        ("busy", "API_JOURNALENTRY_SRV/$", "status 503", {"status": "503", "retry_after": "30"}),
    ],
)
def test_what_passes_is_tried_again_with_the_next_delivery_and_posted_once(
    sap: Sap, harness: SapHarness, scenario: str, match: str, says: str, details: dict[str, str]
) -> None:
    sap.fail(scenario, match=match)
    with pytest.raises(ExternalServiceUnavailable, match=says) as failed:
        ensure_posted(entry(), harness.erp)
    assert failed.value.details == {"service": NAME, **details}
    ensure_posted(entry(), harness.erp)
    assert sap.documents() == 1


@pytest.mark.parametrize(("scenario", "match"), [("expired-token", POST), ("expired-token", COMMIT), ("csrf", POST)])
def test_a_token_or_a_session_that_is_over_is_fetched_again_once(
    sap: Sap, harness: SapHarness, scenario: str, match: str
) -> None:
    ensure_posted(entry("R-0"), harness.erp)
    sap.fail(scenario, match=match)
    assert ensure_posted(entry(), harness.erp)[0] is PostingOutcome.POSTED
    assert sap.documents() == 2
    sap.fail(scenario, match=match, count=2)
    with pytest.raises(ExternalServiceUnavailable):
        ensure_posted(entry("R-2"), harness.erp)


def test_a_session_that_is_over_before_its_commit_is_posted_anew(sap: Sap, harness: SapHarness) -> None:
    ensure_posted(entry("R-0"), harness.erp)
    sap.fail("csrf", match=COMMIT)
    with pytest.raises(ExternalServiceUnavailable, match="the session in SAP is over"):
        ensure_posted(entry(), harness.erp)
    sap.forget_uncommitted()
    assert ensure_posted(entry(), harness.erp)[0] is PostingOutcome.POSTED
    assert harness.send.names().count(COMMIT) == 3


def test_a_token_that_has_run_out_is_renewed(sap: Sap, harness: SapHarness) -> None:
    harness.erp.post(entry())
    assert sap.mock.oauth is not None
    sap.mock.oauth.revoke_all()
    assert len(harness.erp.find("e", "R-1")) == 1


def test_a_secret_that_sap_does_not_know_is_said(sap: Sap) -> None:
    rest = SapRest(ACCESS.model_copy(update={"client_secret": "another"}), sap)
    with pytest.raises(ExternalServiceUnavailable, match="check client_id and client_secret"):
        rest.probe()


@pytest.mark.parametrize("of", [POST, COMMIT])
@pytest.mark.parametrize(
    ("kind", "number", "error"),
    [
        ("E", "F5 702", PostingRejected),
        ("E", "MC 601", ExternalServiceUnavailable),
        ("A", "00 001", ExternalServiceUnavailable),
    ],
)
def test_what_a_function_module_refuses_under_status_200_is_no_success(
    sap: Sap, harness: SapHarness, of: str, kind: str, number: str, error: type[Exception]
) -> None:
    sap.refuse(number, "something is wrong", of=of, kind=kind)
    with pytest.raises(error, match=f"something is wrong \\({number}\\)"):
        harness.erp.post(entry())


def test_a_warning_is_no_refusal(sap: Sap, harness: SapHarness) -> None:
    sap.refuse("F5 806", "check the tax", kind="W")
    assert ensure_posted(entry(), harness.erp)[0] is PostingOutcome.POSTED


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_session_whose_call_failed_never_commits_for_another_document(harness: SapHarness, where: str) -> None:
    ensure_posted(entry("R-0"), harness.erp)
    getattr(harness.send, where)[POST] = TimeoutError("timed out")
    with pytest.raises(ExternalServiceUnavailable):
        harness.erp.post(entry("R-1"))
    harness.erp.post(entry("R-2"))
    cookies = [headers["Cookie"] for name, headers in harness.send.sent if name in {POST, COMMIT}]
    first, last = cookies[0], cookies[-1]
    assert (cookies[1], cookies[-2]) == (first, last)
    assert first != last


def test_each_thread_has_a_session_of_its_own(harness: SapHarness) -> None:
    def post(number: int) -> None:
        harness.erp.post(entry(f"R-{number}"))

    threads = [threading.Thread(target=post, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    of_commits = [headers["Cookie"] for name, headers in harness.send.sent if name == COMMIT]
    assert len(set(of_commits)) == 4


def test_two_deliveries_at_once_that_both_post_are_a_conflict_that_says_so(harness: SapHarness) -> None:
    harness.erp.post(entry())
    harness.erp.post(entry())
    with pytest.raises(Conflict, match=r"1710 .* 2013, 1710 .* 2013"):
        ensure_posted(entry(), harness.erp)


def test_a_month_is_read_page_by_page_over_years_with_the_same_numbers(
    harness: SapHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billproof.adapters.sap.erp.PAGES", {**_pages(), "top": "2"})
    for number in range(5):
        harness.erp.post(entry(f"R-{number}"))
    assert {document.external_reference for document in harness.erp.of_period("e", FEBRUARY)} == {
        f"R-{number}" for number in range(5)
    }


def _pages() -> dict[str, str]:
    from billproof.adapters.sap.erp import PAGES

    return PAGES


@pytest.mark.parametrize(
    ("change", "of"),
    [
        ({"DocumentDate": "2013-02-01"}, "entry"),
        ({"DocumentDate": "/Date(99999999999999999)/"}, "entry"),
        ({"ReferenceDocument": None}, "entry"),
        ({"DebitCreditCode": "X"}, "item"),
        ({"AmountInTransactionCurrency": "much"}, "item"),
        ({"AmountInTransactionCurrency": "1.005"}, "item"),
        ({"GLAccount": 7}, "item"),
    ],
)
def test_an_entry_of_another_shape_is_never_taken_for_a_document(change: dict[str, Any], of: str) -> None:
    item = {
        "GLAccount": "0000001100",
        "DebitCreditCode": "S",
        "AmountInTransactionCurrency": "1.500",
        "TransactionCurrency": "USD",
    }
    shown = {
        "CompanyCode": "1710",
        "AccountingDocument": "1",
        "FiscalYear": "2013",
        "DocumentDate": "/Date(1359676800000+0000)/",
        "TransactionCurrency": "USD",
        "ReferenceDocument": "R-1",
    }
    books = ErpBooks(company="1710", journal="ZB", party_prefix="")
    good = document_of({**shown, "to_JournalEntryItem": {"results": [item]}}, books)
    assert (good.accounting, good.erp_id) == ("2013-02-01 USD 1100 1.50", "1710 1 2013")
    item, shown = (item, {**shown, **change}) if of == "entry" else ({**item, **change}, shown)
    with pytest.raises(ExternalServiceUnavailable, match="not as its documentation says"):
        document_of({**shown, "to_JournalEntryItem": {"results": [item]}}, books)


def test_an_account_that_is_none_of_ours_is_never_taken_for_one_of_the_same_code(harness: SapHarness) -> None:
    harness.erp.post(entry())
    books = harness.entity("e").erp_books[NAME].model_copy(update={"accounts": {"41000000": "4900"}})
    entity = harness.entity("e").model_copy(update={"erp_books": {NAME: books}})
    erp = SapErp(lambda: harness.adapter._rest, entities=lambda _name: entity)
    (document,) = erp.of_period("e", FEBRUARY)
    assert sorted(document.totals) == ["1100", "2200", "not ours: 41000000"]


def test_a_legal_entity_without_books_in_sap_and_a_wrong_secret_are_named(harness: SapHarness) -> None:
    entity = harness.entity("e").model_copy(update={"erp_books": {}})
    with pytest.raises(InvalidInput, match="does not say which books in SAP"):
        SapErp(lambda: harness.adapter._rest, entities=lambda _name: entity).find("e", "R-1")
    with pytest.raises(InvalidInput, match="an address, a client, a client_id and a client_secret") as refused:
        connected('{"address": "https://sap.example.com", "key": "k"}')
    assert refused.value.__cause__ is None
    assert isinstance(connected(ACCESS.model_dump_json()), SapRest)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"d": 1}', b'{"d": {}}'])
def test_an_answer_of_another_shape_leaves_it_open(body: bytes) -> None:
    def send(method: str, target: str, **_: Any) -> HttpAnswer:
        token = b'{"access_token": "t"}'
        return HttpAnswer(200, token if target.endswith("token") else body)

    with pytest.raises(ExternalServiceUnavailable):
        SapRest(ACCESS, send).read("A_JournalEntry")


def test_what_odata_refuses_is_shown_in_its_words() -> None:
    said = json.dumps({"error": {"code": "X", "message": {"lang": "en", "value": "no such property"}}}).encode()

    def send(method: str, target: str, **_: Any) -> HttpAnswer:
        return HttpAnswer(200, b'{"access_token": "t"}') if target.endswith("token") else HttpAnswer(400, said)

    with pytest.raises(PostingRejected, match="SAP refuses: no such property"):
        SapRest(ACCESS, send).read("A_JournalEntry")


def test_cookies_of_several_headers_are_all_kept() -> None:
    headers = by_name([("Set-Cookie", "a=1; path=/"), ("SET-COOKIE", "b=2"), ("X-CSRF-Token", "t")])
    assert headers == {"set-cookie": "a=1; path=/\nb=2", "x-csrf-token": "t"}
