"""The page says what a text costs of the fixed set, by arithmetic over what is sent and returned."""

import re
from decimal import Decimal

import pytest

from billproof.writing.model import TokenUse
from billproof.writing.prompting import instructions, message
from billproof.writing.templates import TEMPLATES
from billproof_ops.paths import ROOT
from tests.support.text_sources import FIXED_SET

LETTERS_A_TOKEN = 4
ROWS = {
    "dispute": "answer to a dispute",
    "contract change": "change of a contract",
    "variance": "variance",
    "close": "close of a month",
}


@pytest.mark.parametrize("name", FIXED_SET)
def test_the_page_s_cost_of_a_text_is_what_its_letters_come_to(name: str) -> None:
    sources = FIXED_SET[name].sources
    sent = len(instructions(sources.kind)) + len(message(sources, ()))
    returned = len(TEMPLATES[sources.kind](sources))
    row = re.search(rf"^\| {ROWS[name]} \| (\d+) \| (\d+) \| ([0-9.]+) \|$", page(), re.MULTILINE)
    assert row is not None
    tokens = TokenUse(given=int(row[1]), returned=int(row[2]))
    assert tokens.given == pytest.approx(sent / LETTERS_A_TOKEN, rel=0.1)
    assert tokens.returned == pytest.approx(returned / LETTERS_A_TOKEN, rel=0.2)
    cost = tokens.cost(price_given=Decimal("0.06"), price_returned=Decimal("0.24"))
    assert Decimal(row[3]) == pytest.approx(cost, rel=Decimal("0.2"))


def page() -> str:
    return (ROOT / "docs" / "writing.md").read_text()
