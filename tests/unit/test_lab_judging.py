"""The leak lab: injectors know nothing of what they are to be found by, and what they cost is computed right."""

import ast
import json
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from lab import families, injectors, scene
from lab.company import company
from lab.injectors.registered import CAUSES
from lab.judging import between, inject, is_at
from lab.observer import Signal
from lab.page import page
from lab.running import ACCOUNTS_OF_A_WORLD, WORLDS, tasks
from lab.scene import Injected, Strength
from lab.table import TABLE
from lab.totals import share, totals
from tests.support.sources import nodes

FOLDER = Path(injectors.__file__).parent
MONTHS = ("2013-01", "2013-02", "2013-03")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes(path.read_text()):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_injectors_import_nothing_of_billproof_and_nothing_that_looks_at_it() -> None:
    modules = sorted(FOLDER.glob("*.py"))
    assert len(modules) >= 8
    for path in (*modules, Path(scene.__file__)):
        foreign = {name for name in imported(path) if name.split(".")[0] not in sys.stdlib_module_names}
        allowed = {"lab.scene", "lab.injectors", *(f"lab.injectors.{one.stem}" for one in modules)}
        assert foreign <= allowed, path


def test_every_cause_has_a_kind_three_sizes_and_words() -> None:
    assert len(CAUSES) >= 60
    assert families.KINDS.keys() == CAUSES.keys()
    assert sum(cause.is_blind for cause in CAUSES.values()) >= 6
    for cause in CAUSES.values():
        assert len(cause.sizes) == len(Strength)
        assert cause.says


def test_an_injector_changes_its_own_scene_and_is_the_same_each_time() -> None:
    clean, again = company(), company()
    for name in CAUSES:
        for strength in Strength:
            first, second = clean.copy(), clean.copy()
            places = inject(first, name, strength).accounts
            assert places == inject(second, name, strength).accounts
            assert (first.usage, first.contracts) == (second.usage, second.contracts)
    assert clean == again


def test_every_cause_changes_something_at_every_strength() -> None:
    clean = company()
    for name in CAUSES:
        for strength in Strength:
            leaky = clean.copy()
            inject(leaky, name, strength)
            assert leaky != clean, (name, strength)


def test_a_leak_is_what_two_bills_differ_by_to_one_side() -> None:
    right = {("a", "2013-01"): Decimal(100), ("b", "2013-01"): Decimal(10), ("a", "2013-02"): Decimal(5)}
    wrong = {("a", "2013-01"): Decimal(70), ("b", "2013-01"): Decimal(30), ("a", "2013-02"): Decimal(5)}
    assert between(right, wrong, MONTHS) == {"2013-01": Decimal(30)}
    assert between(wrong, right, MONTHS) == {"2013-01": Decimal(30)}
    assert between(right, right, MONTHS) == {}
    assert between(right, {}, MONTHS) == {"2013-01": Decimal(110), "2013-02": Decimal(5)}


@pytest.mark.parametrize(
    ("account", "where", "is_there"),
    [
        ("acct-0001", "", True),
        ("", "skymeter-inc.2013-02.acct-0001", True),
        ("", "lab/gateway/api_calls control_total_gap", True),
        ("acct-00011", "", False),
        ("acct-0002", "usage/api_calls", False),
    ],
)
def test_a_signal_is_at_a_leak_where_it_names_its_account_or_source(
    account: str, where: str, *, is_there: bool
) -> None:
    signal = Signal("code", account, where, None, "2013-02", datetime(2013, 3, 3, tzinfo=UTC))
    leak = Injected(accounts=frozenset({"acct-0001"}), sources=frozenset({"lab/gateway"}))
    assert is_at(signal, leak) is is_there


def test_the_lab_plays_every_cause_at_every_strength_and_two_thousand_clean_customers() -> None:
    kinds = Counter(kind for kind, _ in tasks(list(CAUSES)))
    assert kinds["leak"] == len(CAUSES) * len(Strength)
    assert WORLDS * ACCOUNTS_OF_A_WORLD >= 2_000
    assert [kind for kind, _ in tasks(["paid_short"])] == ["leak"] * 3


def test_the_report_needs_no_network_and_shows_each_leak_with_what_was_missed() -> None:
    results = json.loads(TABLE.read_text())
    html = page(results)
    assert not re.search(r"https?:|src=|<script|<link", html)
    rows = [*results["leak"], *results["mixture"]]
    assert html.count("<tr") == len(rows) + 1
    assert html.count("class=miss") == sum(one["found"] != one["injected"] for one in rows) > 0


def test_shares_are_rounded_down_so_that_a_missed_dollar_shows() -> None:
    assert share(Decimal("99.99"), Decimal(100)) == Decimal("99.9")
    assert share(Decimal(100), Decimal(100)) == 100
    assert share(Decimal(0), Decimal(0)) == 0


def test_what_moved_nothing_counts_for_nothing_and_what_is_after_the_release_is_not_held_to_it() -> None:
    def result(injected: str, found: str, in_time: str | None, *, named: bool) -> dict[str, object]:
        base = {"injected": injected, "found": found, "in_time": in_time, "stated": found, "totals_only": "0"}
        return {**base, "is_named": named, "days": 3}

    of = totals(
        [
            result("60", "60", "30", named=True),
            result("40", "0", None, named=False),
            result("0", "0", "0", named=False),
        ]
    )
    assert (of.leaks, of.named) == (2, 1)
    assert (of.found_percent, of.in_time_percent) == (Decimal(60), Decimal(50))
