"""`billproof crosswalk`: what ids mean, and accounts that may be one customer."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.completeness.alike_accounts import MOST_OF_A_DOMAIN, MOST_PAIRED, SharedBy, alike_accounts
from billproof.masterdata.crosswalk_book import CrosswalkBook, KnownCrosswalk
from billproof_ops import cli_crosswalks
from billproof_ops.duplicates import Duplicate
from tests.support.alike_accounts import compare
from tests.support.crosswalks import crosswalk, merger, publish
from tests.support.parties import account
from tests.support.world import INC, JANUARY, World

NUMBER = "DE136695976"


def some(account_id: str, **changes: Any) -> Any:
    """An account that has nothing in common with any other."""
    own = {"name": f"Company of {account_id}", "billing_email": f"ap@{account_id.lower()}.example", "vat_number": None}
    return account("DE", id=account_id, **{**own, **changes})


def pairs(*accounts: Any, book: CrosswalkBook | None = None) -> list[tuple[str, ...]]:
    listed = alike_accounts(accounts, book or CrosswalkBook(), "2013-06-01T00:00:00.000000Z", by=[*SharedBy])
    return [(pair.one.id, pair.other.id, pair.shared.value, pair.value) for pair in listed]


def test_accounts_are_alike_by_tax_number_name_and_domain_each_pair_told_once() -> None:
    assert pairs(
        some("A", vat_number="DE 136 695 976", name="Vexa Air Lines Inc."),
        some("B", vat_number=NUMBER, name="Vexa Airlines"),
        some("C", name="Vexa Air Lines GmbH"),
        some("D", billing_email="ap@shared.example"),
        some("E", billing_email="billing@SHARED.example"),
        some("F"),
    ) == [
        ("A", "B", "tax_number", NUMBER),
        ("B", "C", "name", "Vexa Airlines"),
        ("D", "E", "domain", "shared.example"),
    ]


def test_mail_providers_and_domains_of_many_say_nothing() -> None:
    assert pairs(*(some(name, billing_email=f"{name}@gmail.com") for name in "AB")) == []
    many = [
        some(f"N{number}", name=f"{number}", billing_email="a@many.example") for number in range(MOST_OF_A_DOMAIN + 1)
    ]
    assert pairs(*many) == []
    assert pairs(*many[1:]) != []


def test_of_many_accounts_with_one_tax_number_the_first_is_told_with_each_other() -> None:
    many = [some(f"N{number:02}", name=f"{number}", vat_number=NUMBER) for number in range(MOST_PAIRED + 1)]
    assert len(pairs(*many[1:])) == 50 * 49 // 2
    assert pairs(*many) == [("N00", f"N{number:02}", "tax_number", NUMBER) for number in range(1, 51)]


def test_of_many_accounts_with_one_name_the_first_is_told_with_each_other_and_with_names_that_are_alike() -> None:
    many = [some(f"N{number:02}", name="Skyline Meters Ltd") for number in range(MOST_PAIRED + 1)]
    assert len(pairs(*many[1:])) == 50 * 49 // 2
    mistyped = [some("M", name="Skyline Meterz Ltd"), some("O", name="Skyline Meterz Ltd")]
    told = pairs(*many, *mistyped)
    assert {(one, other) for one, other, _, _ in told} == {
        *(("N00", f"N{number:02}") for number in range(1, 51)),
        *(("M", "N00"), ("N00", "O"), ("M", "O")),
    }


@pytest.mark.parametrize("ids", ["AB", "BA"])
def test_a_name_that_is_cut_off_is_alike_whichever_account_has_it(ids: str) -> None:
    names = ("Northern Skyline Meter Holdings Central Europe", "Northern Skyline Meter Holdings Central")
    cut = [some(name, name=text) for name, text in zip(ids, names, strict=True)]
    assert [pair[:3] for pair in pairs(*cut)] == [("A", "B", "name")]


def test_accounts_of_one_family_and_those_that_a_crosswalk_joins_are_known() -> None:
    twins = [some(name, vat_number=NUMBER) for name in ("A", "B")]
    assert pairs(*twins) == [("A", "B", "tax_number", NUMBER)]
    assert pairs(twins[0], some("B", vat_number=NUMBER, parent="A")) == []
    assert pairs(*(some(name, vat_number=NUMBER, parent="P") for name in ("A", "B"))) == []
    joined = CrosswalkBook.of([KnownCrosswalk(merger("A", "B", day="2013-01-01"), "")])
    assert pairs(*twins, book=joined) == []
    later = CrosswalkBook.of([KnownCrosswalk(merger("A", "B", day="2014-01-01"), "")])
    assert pairs(*twins, book=later) != []


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(accounts={"UA", "VX"})
    monkeypatch.setattr(cli_crosswalks, "Target", SimpleNamespace(find=lambda: SimpleNamespace(ports=world)))
    return world


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli_crosswalks.app, words)
    assert result.exit_code == code, result.output
    return result.output


def test_the_list_has_the_last_versions_or_all_with_their_days_and_accounts(world: World) -> None:
    assert "no crosswalks" in run("list")
    publish(world, crosswalk(("UA", "2013-01-01", None), ids=("A-17",)), at=datetime(2013, 1, 5, tzinfo=UTC))
    publish(world, crosswalk(("VX", "2013-01-01", "2013-02-01"), ("UA", "2013-02-01", None), ids=("A-17",), version=2))
    publish(world, merger("VX", "UA", day="2013-03-01", id="merged"))
    said = run("list", "--id", "A-17")
    assert "acquired version 2, received 2013-02-02" in said
    assert "legacy/operations: A-17" in said
    assert "from 2013-01-01 to 2013-02-01 (Etc/UTC): VX: agreed at the closing" in said
    assert "merged" not in said
    listed = json.loads(run("list", "--all", "--json"))
    assert [(one["id"], one["version"]) for one in listed] == [("acquired", 1), ("acquired", 2), ("merged", 1)]
    assert listed[0]["received_at"] == "2013-01-05T00:00:00.000000Z"


def test_two_accounts_with_one_tax_number_are_an_exit_of_one(world: World) -> None:
    run("duplicates")
    for name in ("UA", "VX"):
        known = world.directory.account(name)
        assert known is not None
        world.publish(known.model_copy(update={"version": known.version + 1, "vat_number": "US-12-3456789"}))
    said = json.loads(run("duplicates", "--json", code=1))
    assert Duplicate.model_validate(said[0]).account == "UA"
    assert "US123456789" in run("duplicates", code=1)


def test_a_pair_that_a_person_decided_is_not_listed_until_something_of_it_changes(world: World) -> None:
    def change(account: str, **changes: str) -> None:
        known = world.directory.account(account)
        assert known is not None
        world.publish(known.model_copy(update={"version": known.version + 1, **changes}))

    for name in ("UA", "VX"):
        change(name, vat_number="US-12-3456789")
    compare(world)
    run("duplicates", code=1)
    (state,) = world.exception_store.beginning(INC, JANUARY, "_pair-")
    world.decide(state.opened.id, "approved", "ben", "two companies of one tax group")
    assert json.loads(run("duplicates", "--json")) == []
    change("VX", name="Virgin Atlantic")
    run("duplicates", code=1)
