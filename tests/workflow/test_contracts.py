import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.contracts.charges import Charge
from billproof.contracts.history import Receipt
from billproof.contracts.model import Contract
from billproof.contracts.timeline import governing
from billproof.errors import Conflict, Contended, NotFound
from billproof.identities import RunId
from billproof.masterdata.directory import Directory
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import Account
from billproof.masterdata.service import SyncOutcome, contract_history, sync_contract
from billproof.periods import Period
from billproof_ops.demo import story
from tests.support.fakes import MemoryRecords
from tests.support.world import World

DATA = story.master_data()
UA: Contract = next(contract for contract in DATA.contracts if contract.account == "UA")


def changed(contract: Contract, **changes: Any) -> Contract:
    return Contract.model_validate({**contract.model_dump(mode="json"), **changes})


def charge(**changes: Any) -> Charge:
    terms = {
        "id": "c",
        "name": "C",
        "product": "p",
        "revenue_category": "usage",
        "timing": "in_arrears",
        "effective": {"start": "2013-01-01"},
        "price": {"model": "flat", "amount": "1"},
    }
    return Charge.model_validate(terms | changes)


def test_the_fixture_holds_what_the_story_needs() -> None:
    assert len(DATA.accounts) == 16
    assert {entity.currency for entity in DATA.legal_entities} == {"USD", "EUR"}
    models = {charge.price.model for contract in DATA.contracts for charge in contract.charges}
    assert models == {"flat", "seats", "one_off", "per_unit", "package", "graduated", "volume"}


def test_versions_may_come_in_any_order_and_twice() -> None:
    directory = Directory(MemoryRecords())
    second = changed(UA, version=2)
    for message, outcome in ((second, "stored"), (UA, "stored"), (second, "known"), (UA, "known")):
        assert sync_contract(message.model_dump_json(), directory=directory).outcome is SyncOutcome(outcome)
    assert [contract.version for contract in directory.contracts("UA")] == [1, 2]


def test_a_version_never_changes() -> None:
    directory = Directory(MemoryRecords())
    directory.add(UA)
    with pytest.raises(Conflict, match="publish a new version"):
        directory.add(changed(UA, signed_by="somebody@else.example"))


def test_an_account_never_moves_to_another_legal_entity() -> None:
    directory = Directory(MemoryRecords())
    account = DATA.accounts[0]
    directory.add(account)
    moved = account.model_copy(update={"version": 2, "legal_entity": "skymeter-europe"})
    with pytest.raises(Conflict, match="cannot move"):
        directory.add(moved)
    renamed = account.model_copy(update={"version": 2, "name": "United"})
    assert directory.add(renamed)
    assert list(directory.members(account.legal_entity)) == [account.id]
    found = directory.account(account.id)
    assert found is not None
    assert found.name == "United"


def test_two_versions_of_a_new_account_at_once_are_both_kept() -> None:
    records = MemoryRecords()
    directory = Directory(records)
    account = DATA.accounts[0]
    second = account.model_copy(update={"version": 2})

    def other_writer(_records: object) -> None:
        records.before_write = lambda _records: None
        Directory(records).add(second)

    records.before_write = other_writer
    assert directory.add(account)
    assert list(directory.members(account.legal_entity)) == [account.id]


def test_an_account_that_others_keep_publishing_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    records = MemoryRecords()
    monkeypatch.setattr(records, "create_all", lambda _records: False)
    with pytest.raises(Contended, match="kept publishing account"):
        Directory(records).add(DATA.accounts[0])


def test_the_latest_version_counts() -> None:
    directory = Directory(MemoryRecords())
    for entity in DATA.legal_entities:
        directory.add(entity)
        directory.add(entity.model_copy(update={"version": 2, "payment_days": 60}))
    assert {entity.payment_days for entity in directory.legal_entities()} == {60}
    assert directory.legal_entity("skymeter-inc").payment_days == 60
    with pytest.raises(NotFound):
        directory.legal_entity("nobody")
    assert directory.account("nobody") is None


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"price": {"model": "per_unit", "unit_price": "1"}}, "needs a meter"),
        ({"meter": "m"}, "takes no meter"),
        ({"included_quantity": "5"}, "for metered charges"),
        ({"price": {"model": "one_off", "amount": "1", "due_on": "2013-01-01"}, "timing": "in_advance"}, "in advance"),
        (
            {
                "price": {"model": "per_unit", "unit_price": "1"},
                "meter": "m",
                "group_by": ["a"],
                "included_quantity": "1",
            },
            "shared among groups",
        ),
        ({"price": {"model": "flat", "amount": 1.5}}, "exact decimal"),
        ({"price": {"model": "flat", "amount": "-1"}}, "greater than or equal"),
        ({"price": {"model": "graduated", "tiers": [{"up_to": "5", "unit_price": "1"}]}, "meter": "m"}, "must rise"),
        (
            {
                "price": {
                    "model": "volume",
                    "tiers": [
                        {"up_to": "5", "unit_price": "1"},
                        {"up_to": "5", "unit_price": "1"},
                        {"up_to": None, "unit_price": "1"},
                    ],
                },
                "meter": "m",
            },
            "must rise",
        ),
    ],
)
def test_charges_that_make_no_sense_are_refused(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        charge(**changes)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"currency": "XXZ"}, "ISO 4217"),
        ({"time_zone": "Mars/Olympus"}, "IANA"),
        ({"id": "a b"}, "letters, digits"),
        ({"charges": []}, "at least 1"),
        ({"surprise": 1}, "Extra inputs"),
        (
            {
                "discounts": [
                    {"id": "d", "name": "D", "percent": "5", "charges": ["x"], "effective": {"start": "2013-01-01"}}
                ]
            },
            "do not exist",
        ),
        (
            {
                "discounts": [
                    {
                        "id": "miles",
                        "name": "D",
                        "percent": "5",
                        "charges": ["miles"],
                        "effective": {"start": "2013-01-01"},
                    }
                ]
            },
            "share an id",
        ),
    ],
)
def test_contracts_that_make_no_sense_are_refused(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        changed(UA, **changes)


def test_a_meter_has_a_property_unless_it_counts() -> None:
    meter = {"id": "m", "version": 1, "name": "M", "unit": "u", "event_type": "e", "aggregation": "sum"}
    with pytest.raises(ValidationError, match="value_property"):
        Meter.model_validate(meter)
    with pytest.raises(ValidationError, match="value_property"):
        Meter.model_validate({**meter, "aggregation": "count", "value_property": "x"})
    assert Meter.model_validate({**meter, "value_property": "x"}).is_numeric


def test_an_id_that_would_make_an_executions_name_too_long_is_refused_when_published() -> None:
    longest, longer = (
        json.dumps({**DATA.legal_entities[0].model_dump(mode="json"), "id": "x" * length}) for length in (40, 41)
    )
    assert sync_contract(longest, directory=Directory(MemoryRecords())).id == "x" * 40
    assert len(str(RunId("x" * 40, "2013-01", 10**9 - 1))) <= 80
    with pytest.raises(ValidationError, match="40"):
        sync_contract(longer, directory=Directory(MemoryRecords()))


def test_master_data_that_is_none_is_refused() -> None:
    for body in ("not json", "{}", '{"kind": "cat"}'):
        with pytest.raises(ValidationError):
            sync_contract(body, directory=Directory(MemoryRecords()))


def test_the_newest_version_that_has_begun_governs() -> None:
    january = Period.month("2013-01")
    second = changed(UA, version=2, effective={"start": "2013-01-01"})
    later = changed(UA, version=3, effective={"start": "2013-02-01"})
    assert [contract.version for contract in governing([later, second, UA], january)] == [2, 3]
    assert governing([changed(UA, effective={"start": "2012-01-01", "end": "2013-01-01"})], january) == []


def test_accounts_are_validated() -> None:
    account = DATA.accounts[0].model_dump(mode="json")
    with pytest.raises(ValidationError):
        Account.model_validate({**account, "billing_email": "nobody"})
    assert date(2013, 1, 1) == UA.effective.start


def test_a_version_that_was_kept_before_a_field_was_added_is_the_same_version() -> None:
    world = World()
    (key,) = [key for key in world.records["contracts"].items if key.sort == "contract#UA-2013#v000001"]
    stored = dict(world.records["contracts"].items[key])
    del stored["renewal"]
    world.records["contracts"].items[key] = stored
    contract = world.directory.contracts("UA")[0]
    assert world.directory.add(contract) is False
    assert world.directory.holds(contract)
    with pytest.raises(Conflict):
        world.directory.add(contract.model_copy(update={"signed_by": "somebody@else.example"}))


def test_event_types_of_our_own_are_nobodys_meters() -> None:
    with pytest.raises(ValidationError, match="billproof's own"):
        Meter.model_validate(
            {
                "id": "m",
                "version": 1,
                "name": "m",
                "unit": "u",
                "event_type": "billproof.control-total",
                "aggregation": "count",
            }
        )


def test_free_transactions_are_not_given_to_every_group() -> None:
    price = {"model": "percentage", "percent": "1", "free_transactions": 3}
    charge = {**UA.charges[0].model_dump(mode="json"), "timing": "in_arrears", "meter": "m", "price": price}
    assert Charge.model_validate(charge).price.model == "percentage"
    with pytest.raises(ValidationError, match="free transactions cannot be shared"):
        Charge.model_validate({**charge, "group_by": ["region"]})


def test_the_history_says_who_changed_what() -> None:
    directory = Directory(MemoryRecords())
    first, again = (Receipt(received_at=f"2013-01-0{day}T00:00:00.000000Z", sender=f"crm-{day}") for day in (1, 2))
    directory.add(UA, first)
    assert not directory.add(UA, again)  # the first receipt stands
    document = UA.model_dump(mode="json")
    platform, *others = document["charges"]
    platform["price"]["amount"] = "3000"
    extra = charge(id="extra").model_dump(mode="json")
    second = {**document, "version": 2, "charges": [extra, *others, platform], "signed_by": "ben", "exclusions": []}
    directory.add(Contract.model_validate(second), again)
    one, two = contract_history("UA", directory=directory)
    assert (one.receipt, one.changes) == (first, ())
    assert (two.version, two.signed_by, two.receipt) == (2, "ben", again)
    told = {change.path: (change.before, change.after) for change in two.changes}
    assert told["/charges/platform/price/amount"] == ('"2500"', '"3000"')
    assert told["/charges/extra/price/amount"] == (None, '"1"')
    assert told["/exclusions/1/event_type"][1] is None
    assert {path.split("/")[2] for path in told if path.startswith("/charges")} == {"platform", "extra"}
    assert "/signed_by" not in told


def test_a_version_without_a_receipt_says_so_and_an_account_without_contracts_too() -> None:
    directory = Directory(MemoryRecords())
    directory.add(UA)
    assert contract_history("UA", directory=directory)[0].receipt is None
    with pytest.raises(NotFound, match="account EV has no contract"):
        contract_history("EV", directory=directory)
