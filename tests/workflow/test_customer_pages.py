"""The page of a document: whoever has its link sees what is open of it and its files, and can dispute it."""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from billproof.errors import ExternalServiceUnavailable, MailRefused
from billproof.invoicing import delivery, mails
from billproof.invoicing.annex import annex_of
from billproof.invoicing.delivery import read_pdf
from billproof.invoicing.delivery_events import delivery_problems
from billproof.invoicing.links import LINK_DAYS, CustomerPages, link_name
from billproof.masterdata.documents import EntityDocuments, RemittanceAccount
from billproof.wording.catalogue import LANGUAGES, catalogue, page_text
from tests.support.balances import bill, events
from tests.support.cash import cash_world, number_of, receivables_of
from tests.support.customer_pages import UA, URL, body_of, deliver, get, linked, page_world, post, token_in, with_pages
from tests.support.histories_of_documents import GERMAN, billed, hand_on, send
from tests.support.reminders import note
from tests.support.world import INC, JANUARY, World


class Shape(HTMLParser):
    """What a page is made of: its tags with their attributes, in order, and the labels of its fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def world() -> World:
    return page_world()


def disputes(world: World) -> list[Any]:
    return [state.opened for state in world.dispute_book.of_account(INC, "UA")]


def test_a_mail_has_a_link_whose_token_is_kept_nowhere(world: World) -> None:
    token = linked(world)
    facts = world.register.facts(UA)
    assert facts is not None
    (name,) = facts.names("link")
    assert facts.facts["delivered"]["link"] == link_name(token) == name.partition("#")[2]
    stored = repr(world.records["invoices"].items) + repr(world.objects.items)
    secret = token.partition(".")[2]
    assert len(secret) == 32
    assert secret not in stored
    assert secret not in repr(world.audit.items)


def test_the_page_says_what_the_document_says_and_what_is_open(world: World) -> None:
    answer = get(world, linked(world))
    number = number_of(world, JANUARY)
    released = world.register.released(UA)
    assert released is not None
    assert answer["statusCode"] == 200
    for said in (number, world.invoice(UA).buyer.name, "open, due on", released.document.digest):
        assert said in answer["body"]
    assert "data-name" in answer["body"]


def test_the_page_has_no_script_and_loads_nothing_but_its_own_style(world: World) -> None:
    answer = get(world, linked(world))
    shape, policy = Shape(answer["body"]), answer["headers"]["content-security-policy"]
    assert not {"script", "iframe", "object", "link", "base"} & {tag for tag, _ in shape.tags}
    assert not [name for _, attributes in shape.tags for name in attributes if name.startswith("on") or name == "style"]
    style = re.search(r"<style>(.*)</style>", answer["body"], re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'")
    headers = answer["headers"]
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_in_the_customers_language_and_nothing_is_left_unsaid(language: str) -> None:
    world = page_world()
    invoice = world.invoice(UA)
    from billproof.adapters.pages.document_page import DocumentPage, PageFile, draw_page

    released = world.register.released(UA)
    assert released is not None
    translated = invoice.model_copy(update={"buyer": invoice.buyer.model_copy(update={"locale": language})})
    item = receivables_of(world).item(UA)
    assert item is not None
    html = draw_page(
        DocumentPage(
            invoice=translated,
            released=released,
            address="/p/x",
            files=[
                PageFile("file_pdf", "pdf"),
                PageFile("file_xml", "electronic"),
                PageFile("file_lines", "lines.csv"),
            ],
            open=item.open,
            pay_at="https://pay.example",
            can_be_disputed=True,
            problem="problem_input",
        )
    ).text
    assert f'<html lang="{language}">' in html
    assert page_text(language, "dispute_hint").replace("’", "’") in html.replace("&#x27;", "'")
    assert "{" not in html.partition("</style>")[2]
    assert set(catalogue(language)["pages"]) == set(catalogue("en")["pages"])


def test_every_field_has_a_label_and_every_picture_a_text(world: World) -> None:
    shape = Shape(get(world, linked(world))["body"])
    assert len(shape.of("label")) == len(shape.of("select")) + len(shape.of("textarea")) == 3
    assert len(shape.of("h1")) == len(shape.of("main")) == 1
    assert all(picture.get("alt") for picture in shape.of("img"))
    assert all(cell.get("scope") for cell in shape.of("th"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda _: "x",
        lambda _: ".",
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.partition(".")[0],
        lambda token: f"{token.partition('.')[0]}.{'A' * 32}",
        lambda token: "bm9ib2R5LjIwMTMtMDEuVUE." + token.partition(".")[2],
        lambda token: "%00." + token,
        lambda token: "é." + token,
        lambda _: "A" * 10_000,
        lambda token: token + "/../",
        lambda token: token + "/pdf/x",
        lambda token: token + "/released",
    ],
)
def test_a_token_of_nothing_ends_in_the_same_page_whatever_is_wrong(world: World, spoil: Callable[[str], str]) -> None:
    token = linked(world)
    answer = get(world, spoil(token))
    nothing = get(world, "nothing")
    assert (answer["statusCode"], answer["body"]) == (404, nothing["body"])
    assert answer["headers"] == nothing["headers"]


def test_a_link_ends_after_its_days_and_not_before(world: World) -> None:
    token = linked(world)
    given = world.moment
    world.moment = given + timedelta(days=LINK_DAYS, seconds=-1)
    assert get(world, token)["statusCode"] == 200
    world.moment = given + timedelta(days=LINK_DAYS)
    assert get(world, token) == get(world, "nothing")


def test_a_person_revokes_the_links_of_a_document_and_a_later_one_opens_again(world: World) -> None:
    token, number = linked(world), number_of(world, JANUARY)
    for _ in range(2):
        note(world, "2013-03-02", "unlinked", numbers=(number,))
    assert get(world, token)["body"] == get(world, "nothing")["body"]
    facts = world.register.facts(UA)
    assert facts is not None
    (revoked,) = (facts.facts[name] for name in facts.names("unlinked"))
    assert (revoked["revoked_by"], revoked["reason"]) == ("ben", "they called")
    released = world.register.released(UA)
    assert released is not None
    world.moment = world.moment.replace(year=2013, month=3, day=3)
    assert world.customer_pages is not None
    later = world.customer_pages.give_link(released, world.register)
    assert get(world, later)["statusCode"] == 200
    assert get(world, token)["statusCode"] == 404


def test_the_files_are_those_that_were_sent(world: World) -> None:
    token = linked(world)
    released = world.register.released(UA)
    assert released is not None
    pdf = get(world, token, "/pdf")
    assert base64.b64decode(pdf["body"]) == read_pdf(released, register=world.register, objects=world.objects)
    assert (pdf["headers"]["content-type"], pdf["isBase64Encoded"]) == ("application/pdf", True)
    lines = get(world, token, "/lines.csv")
    assert base64.b64decode(lines["body"]) == annex_of(world.invoice(UA), released)
    assert get(world, token, "/electronic")["statusCode"] == 404
    assert 'href="/p/' + token + '/pdf"' in get(world, token)["body"]


def test_a_file_that_is_another_one_is_never_shown(world: World) -> None:
    token = linked(world)
    released = world.register.released(UA)
    assert released is not None
    world.objects.items[delivery.pdf_key(released)] = b"%PDF another one"
    answer = get(world, token, "/pdf")
    assert answer["statusCode"] == 500
    assert "another" not in answer["body"]


def test_a_file_too_large_for_an_answer_is_fetched_from_where_it_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billproof.api.customer_files.MOST_INLINE_BYTES", 1_000)
    token = linked(world)
    answer = get(world, token, "/pdf")
    number = number_of(world, JANUARY)
    assert answer["statusCode"] == 303
    assert answer["headers"]["location"].endswith(f"/{number}.pdf?name={number}.pdf&seconds=60")


def test_an_electronic_document_and_its_pdf_are_on_the_page() -> None:
    world = with_pages(billed())
    hand_on(world, GERMAN)
    send(world, GERMAN)
    released = world.register.released(GERMAN)
    assert released is not None
    assert world.customer_pages is not None
    token = world.customer_pages.give_link(released, world.register)
    page = get(world, token)["body"]
    assert '<html lang="de">' in page
    assert "E-Rechnung (XML)" in page
    xml = get(world, token, "/electronic")
    assert base64.b64decode(xml["body"]).startswith(b"<?xml")


def test_what_a_customer_disputes_is_one_dispute_however_often_it_is_sent(world: World) -> None:
    token = linked(world)
    for reason in ("we flew less than that", "we flew less than that", "and once more, with other words"):
        answer = post(world, token, reason=reason)
        assert (answer["statusCode"], answer["headers"]["location"]) == (303, f"/p/{token}#dispute")
    (opened,) = disputes(world)
    assert (opened.opened_by, opened.reason, opened.cause) == ("customer page", "we flew less than that", "quantity")
    item = receivables_of(world).item(UA)
    assert item is not None
    assert opened.amount == item.open
    page = get(world, token)["body"]
    assert "Disputed on" in page
    assert "<form" not in page


def test_each_line_has_a_dispute_of_its_own() -> None:
    world = with_pages(cash_world())
    world.ingest(events(30))
    assert bill(world, JANUARY) is not None
    token = linked(world)
    for line in ("0", "1", "0"):
        post(world, token, line=line)
    names = [line.priced.id for line in world.invoice(UA).lines]
    assert [opened.evidence.line for opened in disputes(world)] == names
    assert post(world, token)["statusCode"] == 409, "nothing is left to be disputed"


def test_two_that_are_sent_at_once_are_one(world: World) -> None:
    """Both look before either is kept: the second one's place is taken, and it is refused as more than is open."""
    token = linked(world)
    book, keep = world.dispute_book, world.dispute_book.open
    others: list[str] = ["other"]

    def open_late(entity: str, account: str, dispute: Any) -> bool:
        if others:
            others.clear()
            post(world, token, reason="the one that was faster")
        return keep(entity, account, dispute)

    book.open = open_late  # type: ignore[method-assign]
    assert post(world, token)["statusCode"] == 303
    assert [opened.reason for opened in disputes(world)] == ["the one that was faster"]


def test_a_dispute_whose_answer_was_lost_is_sent_again_and_is_the_same(world: World) -> None:
    token = linked(world)
    book, keep = world.dispute_book, world.dispute_book.open

    def kept_and_lost(entity: str, account: str, dispute: Any) -> bool:
        keep(entity, account, dispute)
        message = "the store did not answer"
        raise ExternalServiceUnavailable(message)

    book.open = kept_and_lost  # type: ignore[method-assign]
    assert post(world, token)["statusCode"] == 503
    book.open = keep  # type: ignore[method-assign]
    assert post(world, token)["statusCode"] == 303
    assert len(disputes(world)) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"cause": "nothing"},
        {"cause": ""},
        {"line": "99"},
        {"line": "-1"},
        {"line": "0x0"},
        {"reason": ""},
        {"reason": "no"},
        {"reason": "x" * 501},
    ],
)
def test_a_form_that_says_too_little_says_so_and_keeps_what_was_written(world: World, form: dict[str, str]) -> None:
    token = linked(world)
    answer = post(world, token, **form)
    assert answer["statusCode"] == 422
    assert 'role="alert"' in answer["body"]
    assert disputes(world) == []


def test_what_a_customer_writes_is_text_and_no_markup(world: World) -> None:
    token = linked(world)
    answer = post(world, token, cause="x", reason="<script>alert(1)</script>\r\nsecond line")
    assert "<script>" not in answer["body"]
    assert "&lt;script&gt;" in answer["body"]
    post(world, token, reason="<b>we</b>\r\nflew less")
    assert [opened.reason for opened in disputes(world)] == ["<b>we</b> flew less"]


@pytest.mark.parametrize("body", ["x" * 9_000, "a=1&" * 50, "%ff%fe=1"])
def test_a_body_that_is_no_form_is_refused(world: World, body: str) -> None:
    from functions.serve_customer_page.app import handler
    from tests.support.customer_pages import CONTEXT, call_event

    token = linked(world)
    answer = handler({**call_event(f"/p/{token}/disputes", "POST"), "body": body}, CONTEXT, world)
    assert answer["statusCode"] in {400, 413}
    assert disputes(world) == []


def test_the_sellers_payment_page_is_named_with_what_is_open(world: World) -> None:
    entity = world.directory.legal_entity(INC)
    stated = entity.documents or EntityDocuments()
    pay_at = "https://pay.skymeter.example/i/{number}?sum={amount}&in={currency}"
    changed = {"version": entity.version + 1, "documents": stated.model_copy(update={"pay_at": pay_at})}
    world.publish(entity.model_copy(update=changed))
    token, number = linked(world), number_of(world, JANUARY)
    item = receivables_of(world).item(UA)
    assert item is not None
    link = f"https://pay.skymeter.example/i/{number}?sum={item.open.amount:f}&amp;in=USD"
    assert f'href="{link}"' in get(world, token)["body"]


@pytest.mark.parametrize(
    "address", ["http://pay.example", "javascript:alert(1)", "https://pay.example/{account}", "https://pay.example/ x"]
)
def test_a_payment_page_is_an_address_of_https_with_places_that_there_are(address: str) -> None:
    account = RemittanceAccount(currency="USD", holder="Sky", routing_number="021000021", account_number="4401")
    with pytest.raises(ValueError, match="pay_at"):
        EntityDocuments(pay_to=(account,), pay_at=address)


def test_a_mail_that_is_too_large_has_a_link_in_place_of_its_files(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_MAIL_BYTES", 5_000)
    delivered = deliver(world)
    ((_, message),) = world.mailer.sent
    assert len(message) < 5_000
    assert b"application/pdf" not in message
    assert "too large for a mail" in body_of(message)
    assert delivered.link == link_name(token_in(message))
    assert get(world, token_in(message), "/pdf")["statusCode"] == 200


def test_without_pages_a_mail_that_is_too_large_is_refused_once_and_waits_for_a_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_MAIL_BYTES", 5_000)
    world.customer_pages = None
    for _ in range(2):
        with pytest.raises(MailRefused, match="5,000 are taken"):
            deliver(world)
    facts = world.register.facts(UA)
    assert facts is not None
    assert [problem.kind for problem in delivery_problems(facts)] == ["refused"]
    assert world.mailer.sent == []


def test_the_limit_is_of_the_whole_mail_with_its_files_in_base64() -> None:
    assert mails.MOST_MAIL_BYTES == 10_000_000


def test_without_pages_a_mail_says_nothing_of_one(world: World) -> None:
    world.customer_pages = None
    assert deliver(world).link is None
    assert URL not in body_of(world.mailer.sent[0][1])


def test_a_mail_that_was_lost_is_sent_with_another_link_and_both_open(world: World) -> None:
    class Lost:
        def send(self, *, to: str, message: bytes, copies: Any = ()) -> None:
            world.mailer.send(to=to, message=message, copies=copies)
            error = "no answer"
            raise ExternalServiceUnavailable(error)

    with pytest.raises(ExternalServiceUnavailable):
        deliver(world, mailer=Lost())
    deliver(world)
    tokens = [token_in(message) for _, message in world.mailer.sent]
    assert len({*tokens}) == 2
    assert [get(world, token)["statusCode"] for token in tokens] == [200, 200]


def test_random_tokens_are_of_the_systems_own_source() -> None:
    import secrets

    assert CustomerPages("https://x.example", lambda: World().now()).random_text is secrets.token_urlsafe
