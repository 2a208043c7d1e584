"""What payers and banks write beside a number, or in place of one: a text that may mean two things pays nothing."""

import pytest

from billproof.payments.matching import match
from billproof.payments.matching.payers import known_payer
from billproof.payments.matching.wording import plain, says_taken_off
from billproof.payments.model import MatchOutcome, Payer
from tests.matching.book import MemoryBook
from tests.matching.customers import Customer
from tests.support.matching_by_hand import CUSTOMERS, POLICY, TODAY, bill, paid, receipt

WIDE = "ＳＫＹ－ＥＵ－２０２５－００００１１"
TWELVE = "SKY-EU-2025-000012"


@pytest.fixture
def book() -> MemoryBook:
    bills = [
        bill(11, "acme", 100_000),
        bill(12, "acme", 45_678),
        bill(13, "acme", 20_000, discount=400),
        bill(41, "acme", 9_900),
    ]
    book = MemoryBook(CUSTOMERS, bills)
    book.on(TODAY)
    book.settle("doc.41", 9_900)
    return book


@pytest.mark.parametrize(
    ("rule", "amount", "text"),
    [
        ("named-unclear", "456.78", "Gutschriftsnummer 000012"),
        ("named-unclear", "456.78", "Gutschr. 000012"),
        ("named-unclear", "456.78", "Stornorechnung 000012"),
        ("named-unclear", "456.78", "CR NOTE 000012"),
        ("named-unclear", "456.78", "C/N 000012"),
        ("named-unclear", "456.78", "credit 000012"),
        ("named-unclear", "456.78", "nota de crédito nº 000012"),
        ("named-unclear", "456.78", "nota di credito n. 000012"),
        ("named-unclear", "456.78", "avoir numéro 000012"),
        ("named-unclear", "456.78", "creditnota 000012"),
        ("named-unclear", "1456.78", "Gutschriften 000011 und 000012"),
        ("payer-only", "250.00", "Kd.Nr. 000012 Abschlag"),
        ("payer-only", "250.00", "Kundennummer 000012 Vorauszahlung April"),
        ("payer-only", "250.00", "EREF+000012 SVWZ+Abschlag"),
        ("payer-only", "250.00", "PO 000012 prepayment"),
        ("part-payment", "250.00", "000012 prepayment"),
        ("bank-charges", "441.78", f"{TWELVE} abzgl. 15 EUR"),
        ("bank-charges", "441.78", f"{TWELVE} ./. 15,-"),
        ("bank-charges", "441.78", f"{TWELVE} less 10.00 and 5.00"),
        ("bank-charges", "441.78", f"{TWELVE} less setup fee 15.00 not agreed"),
        ("bank-charges", "441.78", f"{TWELVE} less sales commission 15.00"),
        ("bank-charges", "441.78", f"{TWELVE} less credit note 12.00 and bank charges 3.00"),
        ("bank-charges", "441.78", f"{TWELVE} retenção ISS"),
        ("bank-charges", "441.78", f"{TWELVE} DM 4711"),
        ("bank-charges", "441.78", f"{TWELVE} 値引"),
        ("bank-charges", "443.08", f"{TWELVE} abzgl. 3% Skonto"),
        ("bank-charges", "443.08", f"{TWELVE} moins escompte 3 %"),
        ("bank-charges", "985.00", "SKY-EU-2025-000011, 000012"),
        ("over-payment", "1652.78", "SKY-EU-2025-000011-13"),
        ("over-payment", "1652.78", "SKY-EU-2025-000011 and others"),
        ("over-payment", "1441.78", "SKY-EU-2025-000011 and others"),
        ("over-payment", "1210.00", "SKY-EU-2025-000011 und Teil von 12"),
        ("part-payment", "456.78", WIDE),
        ("named-unclear", "456.78", WIDE.replace("１１", "９９")),
        ("part-payment", "456.78", "SKY−EU−2025−000011"),
        ("part-payment", "456.78", "SKY-EU-2025-0000\u200b11"),
        ("part-payment", "456.78", "Inv 11"),
        ("reused-reference", "456.78", "Rechnung Nr. 41"),
    ],
)
def test_what_a_text_does_not_name_or_says_was_taken_off_is_for_a_person(
    rule: str, amount: str, text: str, book: MemoryBook
) -> None:
    answer = match(receipt(amount, text), book, POLICY, earlier=book)
    assert (answer.outcome, answer.rule) == (MatchOutcome.PROPOSED, rule), answer


@pytest.mark.parametrize(
    ("rule", "amount", "text", "pays"),
    [
        ("bank-charges", "441.78", f"{TWELVE} abzgl. Bankspesen", {"12": "441.78"}),
        ("bank-charges", "441.78", f"{TWELVE} less bank charges 15.00", {"12": "441.78"}),
        ("bank-charges", "441.78", f"{TWELVE} minus Überweisungsgebühr 15,00", {"12": "441.78"}),
        ("bank-charges", "441.78", f"{TWELVE} moins frais de virement", {"12": "441.78"}),
        ("bank-charges", "441.78", f"{TWELVE} 振込手数料差引", {"12": "441.78"}),
        ("bank-charges", "441.78", f"RE {TWELVE} KdNr 4711", {"12": "441.78"}),
        ("number-in-text", "1000.00", WIDE, {"11": "1000.00"}),
        ("number-in-text", "1000.00", "Kd 000012 Rg SKY-EU-2025-000011", {"11": "1000.00"}),
        ("part-payment", "250.00", f"our ref 770099 your ref {TWELVE}", {"12": "250.00"}),
        ("over-payment", "500.00", f"{TWELVE} 30.03.2025 EUR 500,00", {"12": "456.78"}),
        ("shortened-number", "456.78", "SEPA CREDIT TRANSFER 000012", {"12": "456.78"}),
        ("shortened-number", "1456.78", "Rg 11, 12", {"11": "1000.00", "12": "456.78"}),
        ("shortened-number", "456.78", "Facture n° 12", {"12": "456.78"}),
        ("shortened-number", "456.78", "RE 2025-12 vom 13.03.2025", {"12": "456.78"}),
        ("duplicate", "99.00", "Invoice #41", {}),
    ],
)
def test_what_a_text_says_in_one_way_is_applied(
    rule: str, amount: str, text: str, pays: dict[str, str], book: MemoryBook
) -> None:
    answer = match(receipt(amount, text), book, POLICY, earlier=book)
    assert (answer.outcome, answer.rule, paid(answer)) == (MatchOutcome.APPLIED, rule, pays), answer


NAMES = (
    "Stadtwerke Beteiligungen Nordost GmbH",
    "Norddeutsche Solarpark Betriebsgesellschaft GmbH",
    "Compagnie Lyonnaise de Traitement Industriel SARL",
    "バス工業",
)


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("Stadtwerke Beteiligungen Nordwest GmbH", None),
        ("STADTWERKE BETEILIGUNGEN NORDOST", NAMES[0]),
        ("Stadtwerke Beteilgungen Nordost GmbH", NAMES[0]),
        ("Norddeutsche Solarpark Betriebsgesellschaft Süd GmbH", None),
        ("Norddeutsche Solar Park Betriebsgesellschaft GmbH", NAMES[1]),
        ("Compagnie Lyonnaise de Traitement Industriel EURL", None),
        ("COMPAGNIE LYONNAISE DE TRAITEM", NAMES[2]),
        ("ハス工業", None),
        ("ﾊﾞｽ工業", NAMES[3]),
    ],
)
def test_a_name_with_a_word_more_or_of_another_form_is_another_company(written: str, account: str | None) -> None:
    book = MemoryBook([Customer(name, name, name, known_iban=False) for name in NAMES], [])
    assert known_payer(Payer(name=written), book).sole == account


def test_words_within_words_say_nothing() -> None:
    assert not [text for text in ("wireless", "unless", "kürzlich", "Slabs", "noted") if says_taken_off(text)]


def test_letters_and_digits_of_every_width_are_read_as_those_of_ascii() -> None:
    assert plain(WIDE) == "SKY-EU-2025-000011"
    assert plain("٠١٢ ²é") == "012 ²é"
