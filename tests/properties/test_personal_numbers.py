"""What reads as a card, a bank account or a tax number is masked in dead letters, whatever its field is called."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billproof.letters import MASK, READABLE, masked
from billproof.personal_numbers import has_card_number, without_card_numbers

FIELDS = st.sampled_from(sorted(READABLE))
DIGITS = st.text("0123456789", min_size=11, max_size=17)
BEFORE = st.sampled_from(["", "ref-", "ref:", "pay/", "x.", "no12:", "ct01-", "01-", "card", "x"])
AFTER = st.sampled_from(["", "-x", ":1", "/2013", ".a", "abc"])
LETTERS = {chr(code): str(code - 55) for code in range(ord("A"), ord("Z") + 1)}
"""A is 10, Z is 35 (ISO 13616)."""
LENGTHS = {"DE": 22, "NO": 15, "CH": 21, "PL": 28, "ES": 24}
"""Letters of an IBAN of these countries, whose account numbers are digits (SWIFT's register)."""


def luhn(digits: str) -> str:
    """Return the check digit of a card's number (ISO/IEC 7812, annex B), by the table of doubled digits."""
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    total = sum(doubled[int(digit)] if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def bank_account(country: str, account: str) -> str:
    """Return an IBAN with the check digits of ISO 7064, mod 97-10."""
    number = int(account + "".join(LETTERS[letter] for letter in country) + "00")
    return f"{country}{98 - number % 97:02d}{account}"


def shown(name: str, value: Any) -> Any:
    return json.loads(masked(json.dumps({name: value})))[name]


@given(field=FIELDS, first=st.sampled_from("23456"), digits=DIGITS, before=BEFORE, after=AFTER)
def test_the_number_of_a_card_is_masked(field: str, first: str, digits: str, before: str, after: str) -> None:
    number = first + digits
    assert shown(field, f"{before}{number}{luhn(number)}{after}") == MASK


@given(
    field=FIELDS,
    digits=st.text("0123456789", min_size=15, max_size=15),
    sign=st.sampled_from(["-", ".", "_", ":", "/", "--", "---"]),
)
def test_the_number_of_a_card_is_masked_in_groups(field: str, digits: str, sign: str) -> None:
    number = f"4{digits[1:]}"
    number += luhn(number)
    groups = [number[place : place + 4] for place in range(0, 16, 4)]
    assert shown(field, sign.join(groups)) == MASK


@given(
    field=FIELDS,
    country=st.sampled_from(sorted(LENGTHS)),
    number=st.integers(min_value=0, max_value=10**24),
    before=BEFORE,
    after=AFTER,
    is_small=st.booleans(),
    sign=st.sampled_from(["", "-", ".", "--"]),
)
def test_a_bank_account_is_masked(
    *, field: str, country: str, number: int, before: str, after: str, is_small: bool, sign: str
) -> None:
    digits = LENGTHS[country] - 4
    text = bank_account(country, f"{number % 10**digits:0{digits}d}")
    text = sign.join(text[place : place + 4] for place in range(0, len(text), 4))
    assert shown(field, before + (text.lower() if is_small else text) + after) == MASK
    assert shown("whatever", text) == MASK


@given(
    field=FIELDS,
    number=st.integers(min_value=0, max_value=10**18 - 1),
    sign=st.sampled_from(["-", ".", "_", ":", "/", "--"]),
    places=st.sets(st.integers(min_value=1, max_value=21), max_size=8),
)
def test_signs_anywhere_in_a_bank_account_hide_nothing(field: str, number: int, sign: str, places: set[int]) -> None:
    text = bank_account("DE", f"{number:018d}")
    written = "".join(f"{sign}{letter}" if place in places else letter for place, letter in enumerate(text))
    assert shown(field, written) == MASK


@given(
    field=FIELDS,
    digits=st.text("0123456789", min_size=15, max_size=15),
    sign=st.sampled_from(["-", ".", "_", ":", "/", "--", "---"]),
    places=st.sets(st.integers(min_value=1, max_value=15), max_size=8),
)
def test_signs_anywhere_in_the_number_of_a_card_hide_nothing(
    field: str, digits: str, sign: str, places: set[int]
) -> None:
    number = f"4{digits[1:]}"
    number += luhn(number)
    written = "".join(f"{sign}{digit}" if place in places else digit for place, digit in enumerate(number))
    assert shown(field, written) == MASK


@pytest.mark.parametrize("field", ["number", "document", "correlation_id"])
@pytest.mark.parametrize(
    "value",
    [
        "DE89370400440532013000",  # the examples of ISO 13616
        "GB82WEST12345698765432",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "4111111111111111",
        "378282246310005",
        "3782/822463/10005",
        "4111111111111111-4111111111111111",
        "ATU12345678",
        "DE123456789",
        "NL123456789B01",
        "CHE123456789",
        "12-3456789",
        "123-45-6789",
        "ada@example.com",
    ],
)
def test_examples_of_numbers_that_say_whose_they_are_are_masked(field: str, value: str) -> None:
    assert shown(field, value) == MASK
    assert json.loads(masked(json.dumps({"by": {value: "x"}}))) == {"by": {MASK: MASK}}


ENTITIES = st.sampled_from(["skymeter-inc", "skymeter-europe"])
ORDINALS = st.integers(min_value=1, max_value=999_999)
MONTHS = st.dates().map(lambda day: f"{day:%Y-%m}")


@given(entity=ENTITIES, month=MONTHS, ordinal=ORDINALS, account=st.sampled_from(["UA", "EV", "sf-0061"]))
def test_names_of_runs_documents_and_events_stay_readable(entity: str, month: str, ordinal: int, account: str) -> None:
    year = month[:4]
    for name in (
        f"SKY-US-{year}-{ordinal:06d}",
        f"SKY-US-CN-{year}-{ordinal:06d}",
        f"{entity}-{month}-{ordinal % 1000:03d}",
        f"{entity}.{month}.{account}",
        f"{month}-05:{account}:{ordinal}",
        f"{month}-05T12:59:59.123456Z",
        f"{month}-05T23:59:59+02:00",
        month,
        "1-67a1b2c3-0123456789abcdef01234567",
    ):
        assert shown("number", name) == name


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ref 12 4111 1111 1111 1111 thanks", "ref 12 card ending 1111 thanks"),
        ("2013 01 4111-1111-1111-1111", "2013 01 card ending 1111"),
        ("4111 1111 1111 1111 5555 5555 5555 4444", "card ending 1111 card ending 4444"),
        ("12 3782 822463 10005", "12 card ending 0005"),
        ("4111111111111111 1", "card ending 1111 1"),
    ],
)
def test_of_a_card_among_other_numbers_the_last_digits_are_left(text: str, left: str) -> None:
    assert has_card_number(text)
    assert without_card_numbers(text) == left


@pytest.mark.parametrize("text", ["", "SKY-US-2013-000001 2013-000002", "4111 1111 1111 1112", "12 30 2013"])
def test_a_text_without_a_card_stays_as_it_is(text: str) -> None:
    assert without_card_numbers(text) == text
