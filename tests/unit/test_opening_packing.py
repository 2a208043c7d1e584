"""An opening travels compressed: what comes out is what went in, and nothing that is none is taken for one."""

import base64
import zlib

import pytest

from billproof.errors import InvalidInput
from billproof.opening import packing
from billproof.opening.packing import packed, unpacked
from tests.support.openings import opening_of


def test_what_is_packed_comes_out_as_it_went_in() -> None:
    opening = opening_of("skymeter-inc", "UA")
    assert unpacked(packed(opening)) == opening


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not base64!", "in base64"),
        (base64.b64encode(b"not compressed").decode(), "compressed with zlib"),
        (base64.b64encode(zlib.compress(b"{}")).decode(), "legal_entity: Field required"),
        (base64.b64encode(zlib.compress(b"{}" * 10_000)[:-20]).decode(), "cut off"),
    ],
)
def test_what_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        unpacked(text)


def test_what_unpacks_to_more_than_is_taken_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = packed(opening_of("skymeter-inc", "UA"))
    monkeypatch.setattr(packing, "MOST_BYTES", 100)
    with pytest.raises(InvalidInput, match="larger than 100 bytes"):
        unpacked(text)
