"""The table of rules in docs/matching.md is that of the registry."""

import re

from billproof.payments.matching import RULES
from billproof_ops.paths import ROOT

PAGE = ROOT / "docs" / "matching.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", re.MULTILINE)


def test_the_table_has_every_rule_in_its_order_with_what_it_says_and_how_sure_it_is() -> None:
    rows = [match.groups() for match in ROW.finditer(PAGE.read_text(encoding="utf-8"))]
    assert rows == [(rule.name, rule.says, str(rule.confidence)) for rule in RULES]


def test_every_rule_has_a_name_of_its_own_and_says_what_it_is_in_a_sentence() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.says.endswith(".") for rule in RULES)
