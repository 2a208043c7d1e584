"""The page of a document: whoever has its link sees what is open of it and its files, and can dispute it."""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from billproof.adapters.pages.document_page import OpenedPage, PageFile, draw_page
from billproof.invoicing import delivery
from billproof.invoicing.annex import annex_of
from billproof.invoicing.delivery import read_pdf
from billproof.invoicing.links import LINK_DAYS, link_name
from billproof.masterdata.documents import EntityDocuments, RemittanceAccount
from billproof.wording.catalogue import LANGUAGES, catalogue, page_text
from tests.support.cash import number_of, receivables_of
from tests.support.customer_pages import UA, get, linked, page_world, with_pages
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
    released = world.register.released(UA)
    assert released is not None
    translated = invoice.model_copy(update={"buyer": invoice.buyer.model_copy(update={"locale": language})})
    item = receivables_of(world).item(UA)
    assert item is not None
    html = draw_page(
        OpenedPage(
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
