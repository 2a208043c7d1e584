"""References of ISO 11649 on invoices, held to the published example and to another implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from billproof.errors import InvalidInput
from billproof.invoicing.series import DocumentNumber
from billproof.payments.references import is_reference, numbers_of, payment_reference

PREFIXES = st.from_regex(r"[A-Z0-9]{1,4}(-[A-Z0-9]{1,4})?", fullmatch=True)
NUMBERS = st.builds(DocumentNumber, PREFIXES, st.integers(2000, 2099), st.integers(1, 9_999_999)).map(str)


def test_the_reference_of_a_number_is_what_arithmetic_says() -> None:
    """S is 28, K 20, Y 34, U 30, R 27 and F 15: 2820343028 2013000001 2715 00 is 67 modulo 97, and 98 - 67 is 31."""
    assert int("2820343028" + "2013000001" + "2715" + "00") % 97 == 67
    assert payment_reference("SKY-US-2013-000001") == "RF31SKYUS2013000001"


@pytest.mark.parametrize("text", ["RF18539007547034", "RF18 5390 0754 7034", "rf18 5390 0754 7034"])
def test_the_published_example_is_a_reference(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize(
    "text", ["RF18539007547035", "RF81539007547034", "DE18539007547034", "RF18", "", "RF18 5390-0754"]
)
def test_what_has_wrong_check_digits_or_another_form_is_none(text: str) -> None:
    assert not is_reference(text)
    assert numbers_of(text, ["SKY-US"]) == ()


@given(NUMBERS)
def test_a_reference_is_valid_for_another_implementation_and_is_read_back(number: str) -> None:
    reference = payment_reference(number)
    assert iso11649.is_valid(reference)
    assert number in numbers_of(reference.lower(), ["OTHER", DocumentNumber.parse(number).prefix])


@given(NUMBERS, NUMBERS)
def test_two_numbers_of_one_legal_entity_never_have_one_reference(first: str, second: str) -> None:
    one, other = DocumentNumber.parse(first), DocumentNumber.parse(second)
    other = DocumentNumber(one.prefix, other.year, other.ordinal)
    assert (payment_reference(str(one)) == payment_reference(str(other))) == (one == other)


@given(NUMBERS, st.integers(4, 20), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_a_reference_with_one_wrong_character_names_nothing(number: str, place: int, character: str) -> None:
    """A letter for a digit may have the right check digits, but then it is no number of the legal entity."""
    reference = payment_reference(number)
    place = min(place, len(reference) - 1)
    wrong = f"{reference[:place]}{character}{reference[place + 1 :]}"
    assert wrong == reference or numbers_of(wrong, [DocumentNumber.parse(number).prefix]) == ()


def test_a_reference_that_two_prefixes_could_have_made_names_both_numbers() -> None:
    reference = payment_reference("SKY-US-2013-000001")
    assert numbers_of(reference, ["SKYUS", "SKY-US"]) == ("SKY-US-2013-000001", "SKYUS-2013-000001")


def test_a_number_that_is_too_long_has_no_reference() -> None:
    with pytest.raises(InvalidInput, match="21 letters and digits"):
        payment_reference("COMPANYX-DIVISION-2013-000001")
