"""Check codes: what stands for a document's record, short enough to be read aloud."""

import pytest

from billproof.errors import InvalidInput
from billproof.invoicing.check_codes import check_code, is_code_of

NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of no bytes (FIPS 180-4)."""
CODE = "WERC-8GMR-ZGE1-96QV"
"""Its first 80 bits, five at a time, by hand: 28 14 24 12, 8 16 20 24, 31 16 14 1, 9 6 23 27."""


def test_a_code_is_the_first_80_bits_of_the_digest_in_crockfords_base_32() -> None:
    assert check_code(NOTHING) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        "werc8gmrzge196qv",
        "WERC 8GMR ZGEl 96QV",  # a small L is read as 1
        "WERC 8GMR ZGEI 96QV",
        "w e r c:8gmr.zge1-96qv",
        NOTHING,
        "e3b0 c442 98fc 1c14",  # what documents of before print
        NOTHING[:20].upper(),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert is_code_of(typed, NOTHING)


@pytest.mark.parametrize("typed", ["WERC-8GMR-ZGE1-96QW", "e3b0c44298fc1c15", "0000-0000-0000-0000", "f" * 64])
def test_a_code_of_another_record_is_not_its(typed: str) -> None:
    assert not is_code_of(typed, NOTHING)


@pytest.mark.parametrize("typed", ["", "WERC-8GMR-ZGE1", "WERC-8GMR-ZGE1-96QU", "e3b0c44298fc1c1", NOTHING + "0"])
def test_what_is_no_code_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(InvalidInput, match="a check code has 16 signs"):
        is_code_of(typed, NOTHING)
