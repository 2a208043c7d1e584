"""Documents in each language: whole catalogues, payment codes as their standards want them, and the same bytes."""

import io
import re
from decimal import Decimal

import pytest
import segno
from pypdf import PdfReader

from billproof.adapters.typst.line_texts import step_label
from billproof.adapters.typst.payment_codes import epc_code, swiss_code, swiss_text
from billproof.adapters.typst.pdf import render_invoice, shown
from billproof.adapters.typst.texts import Writer
from billproof.invoicing.credit_requests import CreditReason
from billproof.masterdata.documents import RemittanceAccount
from billproof.wording.catalogue import LANGUAGES, catalogue, language_of
from tests.support.account_documents import in_language
from tests.support.jurisdictions import complete, released_as, stating
from tests.support.world import EUROPE, JANUARY, World

NAMES = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_says_everything_with_the_same_values(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    for part, texts in english.items():
        assert other[part].keys() == texts.keys()
        for name, text in texts.items():
            assert set(NAMES.findall(other[part][name])) == set(NAMES.findall(text)), name
            assert other[part][name].strip()


def test_every_reason_of_a_credit_note_has_its_words() -> None:
    assert catalogue("en")["reasons"].keys() == {reason.value for reason in CreditReason}


@pytest.mark.parametrize(
    ("locale", "title", "total", "day", "tax"),
    [
        ("en_GB", "Invoice", "€5,764.48", "1 Oct 2026", "VAT 19 % (DE) on €4,844.10"),
        ("de_DE", "Rechnung", "5.764,48 €", "01.10.2026", "USt. 19 % (DE) auf 4.844,10 €"),
        ("fr_FR", "Facture", "5 764,48 €", "1 oct. 2026", "TVA 19 % (DE) sur 4 844,10 €"),
        ("es_ES", "Factura", "5764,48 €", "1 oct 2026", "IVA 19 % (DE) sobre 4844,10 €"),
        ("nl_NL", "Factuur", "€ 5.764,48", "1 okt 2026", "Btw 19 % (DE) over € 4.844,10"),
        ("it_IT", "Fattura", "5764,48 €", "1 ott 2026", "IVA 19 % (DE) su 4844,10 €"),
        ("pt_PT", "Fatura", "5764,48 €", "01/10/2026", "IVA 19 % (DE) sobre 4844,10 €"),
        ("de_US", "Rechnung", "5.764,48 €", "01.10.2026", "USt. 19 % (DE) auf 4.844,10 €"),  # CLDR has no such locale
        ("pl_PL", "Invoice", "€5,764.48", "Oct 1, 2026", "VAT 19 % (DE) on €4,844.10"),  # no catalogue: English
    ],
)
def test_a_document_is_in_the_language_and_manner_of_its_customer(
    locale: str, title: str, total: str, day: str, tax: str
) -> None:
    invoice = in_language(complete("DE"), locale)
    document = shown(invoice, released_as(invoice))

    def plain(text: str) -> str:
        return text.replace("\xa0", " ").replace("\u202f", " ")

    assert (document["title"], document["lang"]) == (title, language_of(locale))
    facts = {plain(text) for _, text in document["facts"]}
    assert day in facts
    *_, whole = document["parts"]
    said = [plain(whole["total"][1]), plain(whole["before"][1][0])]
    assert [re.sub(r"(\d)[ .,](\d{3})", r"\1\2", text) for text in said] == [
        re.sub(r"(\d)[ .,](\d{3})", r"\1\2", text) for text in (total, tax)
    ]


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "es_ES", "nl_NL", "it_IT", "pt_PT"])
def test_the_same_document_is_the_same_bytes(locale: str) -> None:
    invoice = in_language(complete("DE"), locale)
    first, second = (render_invoice(invoice, released_as(invoice)) for _ in range(2))
    assert first == second
    assert b"<pdfaid:part>3</pdfaid:part>" in first


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("over 1000 to 3000", "über 1.000 bis 3.000"),
        ("over 3000", "über 3.000"),
        ("over 0 to 100, blocks of 10", "über 0 bis 100, Blöcke zu 10"),
        ("JFK: over 0 to 2.5", "JFK: über 0 bis 2,5"),
        ("packages of 100000", "Pakete zu 100.000"),
        ("seats", "Plätze"),
        ("a label of its own", "a label of its own"),
    ],
)
def test_tiers_are_in_words(label: str, said: str) -> None:
    assert step_label(label, Writer("de_DE")) == said


def test_the_epc_code_is_the_one_of_its_text() -> None:
    """EPC069-12, version 002, UTF-8: what a banking app reads, line by line."""
    account = RemittanceAccount(currency="EUR", holder="Seller", iban="DE89370400440532013000", bic="COBADEFFXXX")
    invoice = stating(complete("DE"), pay_to=account)
    reference = "RF16SKYEU2013000003"
    text = "\n".join(
        ["BCD", "002", "1", "SCT", "COBADEFFXXX", "Seller", account.iban or "", "EUR5764.48", "", reference]
    )
    drawn = epc_code(invoice, released_as(invoice), reference)
    expected = segno.make(text, error="m", mode="byte", encoding="utf-8", boost_error=False, micro=False)
    width = f'width="{len(expected.matrix)}"'
    assert drawn is not None
    assert width in drawn
    assert drawn.partition("<path")[2] == expected.svg_inline(border=0).partition("<path")[2]


def test_the_swiss_code_says_what_the_guidelines_want_in_their_order() -> None:
    invoice = complete("CH")
    released = released_as(invoice)
    assert swiss_text(invoice, released, "RF16SKYEU2013000003").split("\r\n") == [
        *("SPC", "0200", "1", "CH9300762011623852957"),
        *("S", "Seller", "1 High Street", "", "10115", "Zürich", "CH"),
        *[""] * 7,
        *("5764.48", "CHF"),
        *("S", "US Airways Inc.", "The Squaire 12", "", "60549", "Frankfurt am Main", "DE"),
        *("SCOR", "RF16SKYEU2013000003", released.number, "EPD"),
    ]
    assert swiss_text(invoice, released, None).split("\r\n")[-4:] == ["NON", "", released.number, "EPD"]


@pytest.mark.parametrize(
    ("locale", "part"), [("de_CH", "Zahlteil"), ("fr_CH", "Section paiement"), ("nl_NL", "Payment part")]
)
def test_a_swiss_invoice_has_its_qr_bill_on_a_page_of_its_own(locale: str, part: str) -> None:
    invoice = in_language(complete("CH"), locale)
    *_, bill = PdfReader(io.BytesIO(render_invoice(invoice, released_as(invoice)))).pages
    said = " ".join(bill.extract_text().split())
    for text in (
        part,
        "CH93 0076 2011 6238 5295 7",
        "RF16 SKYE U201 3000 003",
        "CHF 5 764.48",
        "DE-60549 Frankfurt am Main",
    ):
        assert text in said, text


@pytest.mark.parametrize(("country", "codes"), [("DE", (True, False)), ("CH", (False, True)), ("US", (False, False))])
def test_a_code_is_drawn_where_a_banking_app_can_pay(country: str, codes: tuple[bool, bool]) -> None:
    invoice = complete(country)
    released = released_as(invoice)
    drawn = (epc_code(invoice, released, None), swiss_code(invoice, released, None))
    assert tuple(code is not None for code in drawn) == codes
    charged = stating(invoice, is_charged=True)
    assert (epc_code(charged, released, None), swiss_code(charged, released, None)) == (None, None)


def test_a_legal_entity_that_states_nothing_bills_as_before() -> None:
    """Neither the record of the invoice nor its findings know of documents: proofs of months before hold."""
    world = World()
    for name in ("US", "AA", "DL"):
        account, contract = world.directory.account(name), world.directory.contracts(name)[-1]
        assert account is not None
        world.publish(account.model_copy(update={"version": 2, "documents": None}))
        plain = {"version": contract.version + 1, "purchase_order": None, "number": None}
        world.publish(contract.model_copy(update=plain))
    entity = world.directory.legal_entity(EUROPE)
    world.publish(entity.model_copy(update={"version": 2, "documents": None}))
    statement = world.bill(EUROPE)
    assert not [finding for finding in statement.findings if finding.code == "document_item_missing"]
    (key,) = world.objects.keys(f"invoices/{EUROPE}/{JANUARY}/US/")
    assert b"particulars" not in world.objects.get(key)
    assert Decimal(4800) == world.invoice(f"{EUROPE}.{JANUARY}.US").totals.net.amount
