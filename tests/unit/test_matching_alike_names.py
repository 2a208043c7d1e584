"""A payer's name that is only like a customer's never pays by itself: sister companies differ by a stroke."""

from dataclasses import replace

import pytest

from billproof.payments.matching import match
from billproof.payments.matching.payers import PayerIdentity, known_payer
from billproof.payments.model import MatchOutcome, Payer
from billproof.payments.references import payment_reference
from tests.matching.book import MemoryBook
from tests.matching.customers import Customer
from tests.support.matching_by_hand import POLICY, TODAY, bill, number, paid, receipt

SISTERS = ("Alpha Nordwest Logistik GmbH", "Alpha Nortwest Logistik GmbH")
ONE_STROKE = (
    SISTERS,
    ("Alpha Nordwest Logistik GmbH", "Alpha Nordwst Logistik"),
    ("Alpha Nord GmbH", "Alpha Nort GmbH"),
    ("Alpha Nord GmbH", "Alpha Nod GmbH"),
    ("Alpha Nord GmbH", "Alpha Nordt"),
    ("Bauer Maschinenbau AG", "Baur Maschinenbau AG"),
    ("Baeck Logistik GmbH", "Back Logistik GmbH"),
    ("Müller 1 GmbH", "Müller 2 GmbH"),
    ("Branch A Ltd", "Branch B Ltd"),
    ("Branch E Ltd", "Branch Ltd"),
    ("Branch Y Ltd", "Branch Ltd"),
    ("Alpha Capital GmbH", "Alpha Capital Finance GmbH"),
    ("Alpha Capital GmbH", "Alpha Capital Treasury GmbH"),
    ("Alpha Capital GmbH", "The Alpha Capital GmbH"),
    ("Canal Media SA", "Canal+ Media SA"),
    ("Fund 1.2 LP", "Fund 12 LP"),
    ("Alpha Nord GmbH", "Alpha Nord AG"),
    ("Compagnie Lyonnaise de Traitement Industriel SARL", "COMPAGNIE LYONNAISE DE TRAITEM"),
)
SAME = (
    ("Alpha Nord GmbH", "ALPHA  NORD GMBH"),
    ("Alpha Nord GmbH", "Alpha Nord"),
    ("Alpha Nord", "Alpha Nord GmbH"),
    ("Müller & Söhne GmbH & Co. KG", "MUELLER UND SOEHNE GMBH & CO KG"),
    ("Müller & Söhne GmbH", "Muller & Sohne"),
    ("Zénith Média S.A.", "ZENITH MEDIA SA"),
    ("Søndergaard A/S", "Soendergaard A/S"),
    ("Bauer Maschinenbau AG", "BAUER MASCHINENBAU AKTIENGESELLSCHAFT"),
)


def book_of(*customers: Customer) -> MemoryBook:
    """A book in which the first customer owes 456.78 for document 12."""
    book = MemoryBook(customers, [bill(12, customers[0].id, 45_678)])
    book.on(TODAY)
    return book


def named(name: str) -> Customer:
    return Customer("nord", name, "DE01", known_iban=False)


@pytest.mark.parametrize(("name", "written"), [*ONE_STROKE, *((b, a) for a, b in ONE_STROKE[:-1])])
def test_the_exact_amount_from_a_name_that_is_a_stroke_away_is_for_a_person(name: str, written: str) -> None:
    answer = match(receipt("456.78", payer=Payer(name=written)), book_of(named(name)), POLICY)
    assert answer.outcome is not MatchOutcome.APPLIED, answer


@pytest.mark.parametrize("text", ["Inv 12", "000012", "SKY-EU-2025-00012", "SKY-EU-2025-000013"])
def test_a_number_that_is_looked_up_among_the_documents_of_a_name_like_the_payers_confirms_nothing(text: str) -> None:
    answer = match(receipt("456.78", text, Payer(name=SISTERS[1])), book_of(named(SISTERS[0])), POLICY)
    assert answer.outcome is not MatchOutcome.APPLIED, answer


@pytest.mark.parametrize(
    ("structured", "text"),
    [(payment_reference(number(12)), ""), (None, number(12)), (None, "sky eu 2025 000012")],
)
def test_a_whole_number_of_the_document_is_the_second_piece_of_evidence(structured: str | None, text: str) -> None:
    arrived = receipt("456.78", text, Payer(name=SISTERS[1]), structured=structured)
    answer = match(arrived, book_of(named(SISTERS[0])), POLICY)
    assert (answer.outcome, paid(answer)) == (MatchOutcome.APPLIED, {"12": "456.78"})


def test_a_known_bank_account_is_the_second_piece_of_evidence() -> None:
    book = book_of(replace(named(SISTERS[0]), known_iban=True))
    answer = match(receipt("456.78", payer=Payer(name=SISTERS[1], account="DE01")), book, POLICY)
    assert (answer.outcome, paid(answer)) == (MatchOutcome.APPLIED, {"12": "456.78"})


@pytest.mark.parametrize(("name", "written"), SAME)
def test_a_name_that_differs_in_capitals_blanks_accents_or_its_legal_form_is_the_same(name: str, written: str) -> None:
    book = book_of(named(name))
    assert known_payer(Payer(name=written), book).identity is PayerIdentity.NAMED
    assert match(receipt("456.78", payer=Payer(name=written)), book, POLICY).outcome is MatchOutcome.APPLIED


def test_no_policy_makes_a_name_that_is_a_stroke_away_sure() -> None:
    lenient = POLICY.model_copy(update={"apply_from": 0})
    answer = match(receipt("456.78", payer=Payer(name=SISTERS[1])), book_of(named(SISTERS[0])), lenient)
    assert answer.outcome is MatchOutcome.PROPOSED
    assert paid(answer) == {"12": "456.78"}
    assert answer.account == "nord"


def test_of_sister_companies_that_are_both_customers_each_pays_its_own_by_its_exact_name() -> None:
    sister = Customer("nort", SISTERS[1], "DE02", known_iban=False)
    book = MemoryBook([named(SISTERS[0]), sister], [bill(12, "nord", 45_678), bill(13, "nort", 45_678)])
    book.on(TODAY)
    answer = match(receipt("456.78", payer=Payer(name="ALPHA NORTWEST LOGISTIK")), book, POLICY)
    assert (answer.outcome, paid(answer)) == (MatchOutcome.APPLIED, {"13": "456.78"})
