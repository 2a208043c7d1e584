"""What master data was, over HTTP: every version with what it changed and who sent it, page by page."""

import json
from typing import Any, get_args

import pytest

from billproof.access.scopes import Scope
from billproof.api.contract_routes import KINDS
from billproof.approvals.policy import Policy
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import Account
from billproof_ops.local.people import local_identity
from billproof_ops.schemas import EXAMPLES
from tests.support.published_by_api import CRM, VERSIONS, let, put, responded
from tests.support.world import EUROPE, INC, World

ACCOUNT = "GET /v1/accounts/{account}/versions"
CONTRACT = "GET /v1/accounts/{account}/contracts/{contract}"
MAPPING = "GET /v1/crm-mappings/{id}"
RATES = "GET /v1/exchange-rates/{id}/versions"


@pytest.fixture
def world() -> World:
    """The CRM is a client of both companies."""
    world = World(accounts={"UA", "DL"})
    for entity in (INC, EUROPE):
        let(world, entity, Scope.CONTRACTS_WRITE, Scope.CONTRACTS_READ)
    return world


def get(
    world: World, route: str, in_path: dict[str, str], query: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    response = responded(world, route, query=query, in_path=in_path)
    return response["statusCode"], json.loads(response["body"])


def account(world: World) -> Account:
    known = world.directory.account("UA")
    assert known is not None
    return known


def test_every_version_of_an_account_says_what_it_changed_when_it_came_and_who_sent_it(world: World) -> None:
    before = account(world)
    assert put(world, "accounts", before, version=2, name="United")[0] == 200
    status, history = get(world, ACCOUNT, {"account": "UA"})
    assert (status, [item["data"]["version"] for item in history["items"]]) == (200, [1, 2])
    first, second = history["items"]
    assert (first["changes"], first["receipt"]) == ([], None)  # the tests' world notes none
    name = {"path": "/name", "before": json.dumps(before.name), "after": '"United"'}
    assert second["changes"] == [name]
    assert second["receipt"]["sender"] == str(local_identity(CRM))
    assert second["data"] == account(world).model_dump(mode="json")


def test_versions_come_page_by_page(world: World) -> None:
    for version in (2, 3):
        assert put(world, "accounts", account(world), version=version, name=f"United {version}")[0] == 200
    seen, cursor = [], ""
    while True:
        _, page = get(world, ACCOUNT, {"account": "UA"}, {"limit": "1", "cursor": cursor})
        seen += [(item["data"]["version"], len(item["changes"])) for item in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == [(1, 0), (2, 1), (3, 1)]


def test_a_contract_is_there_with_all_its_terms_and_so_is_what_they_were(world: World) -> None:
    (contract,) = world.directory.contracts("UA")
    assert put(world, "contracts", contract, version=2, exclusions=[])[0] == 200
    latest = world.directory.contracts("UA")[-1]
    names = {"account": "UA", "contract": contract.id}
    assert get(world, CONTRACT, names) == (200, latest.model_dump(mode="json"))
    _, history = get(world, f"{CONTRACT}/versions", names)
    assert [item["data"] for item in history["items"]] == [
        known.model_dump(mode="json") for known in (contract, latest)
    ]
    for other in ({"account": "UA", "contract": "DL-2013"}, {"account": "DL", "contract": contract.id}):
        assert [get(world, route, other)[0] for route in (CONTRACT, f"{CONTRACT}/versions")] == [404, 404]


def test_rates_come_by_day_and_each_as_it_is(world: World) -> None:
    rate = {"kind": "exchange_rate", "id": "EUR-USD", "source": "ECB"}
    for day, version, value in (("2013-01-03", 1, "1.31"), ("2013-01-02", 1, "1.32"), ("2013-01-02", 2, "1.33")):
        known = ExchangeRate.model_validate({**rate, "day": day, "version": version, "rate": value})
        assert put(world, "exchange-rates", known)[0] == 200
    seen, cursor = [], ""
    for _ in range(3):
        _, page = get(world, RATES, {"id": "EUR-USD"}, {"limit": "1", "cursor": cursor})
        seen += page["items"]
        cursor = page["next"] or ""
    rates = [("2013-01-02", 1, "1.32"), ("2013-01-02", 2, "1.33"), ("2013-01-03", 1, "1.31")]
    assert [(one["data"]["day"], one["data"]["version"], one["data"]["rate"]) for one in seen] == rates
    assert ([one["changes"] for one in seen], cursor) == ([[], [], []], "")
    assert {one["receipt"]["sender"] for one in seen} == {str(local_identity(CRM))}
    assert get(world, RATES, {"id": "USD-EUR"})[0] == 404


def mapping(**changes: Any) -> dict[str, Any]:
    return {**json.loads((EXAMPLES / "crm-mapping.json").read_text()), **changes}


def test_the_mapping_of_a_crm_is_published_and_read_by_who_acts_for_every_company(world: World) -> None:
    assert put(world, "crm-mappings", mapping())[1]["outcome"] == "stored"
    assert put(world, "crm-mappings", mapping(version=2, unsigned=[]))[1]["outcome"] == "stored"
    status, latest = get(world, MAPPING, {"id": "salesforce"})
    assert (status, latest["version"], latest["unsigned"]) == (200, 2, [])
    _, history = get(world, f"{MAPPING}/versions", {"id": "salesforce"})
    assert [change["path"] for change in history["items"][1]["changes"]] == ["/unsigned"]
    let(world, EUROPE)
    assert put(world, "crm-mappings", mapping(version=3))[0] == 403
    for route in (MAPPING, f"{MAPPING}/versions"):
        assert get(world, route, {"id": "salesforce"})[0] == 403


def test_what_a_crm_says_of_a_contract_is_taken_of_own_accounts_only(world: World) -> None:
    (contract,) = world.directory.contracts("UA")
    said = {"kind": "crm_state", "id": contract.id, "account": "UA", "version": 1, "contract_version": 1}
    state = {**said, "terms_digest": contract.terms_digest}
    assert put(world, "crm-states", state) == (
        200,
        {"kind": "crm_state", "id": contract.id, "version": 1, "outcome": "stored"},
    )
    assert [known.contract_version for known in world.directory.account_record("UA").crm] == [1]
    let(world, EUROPE)
    assert put(world, "crm-states", {**state, "account": "DL"})[0] == 404


def test_every_kind_that_the_queue_of_contracts_takes_is_published_by_api_too() -> None:
    """But policies, which take two people and have routes of their own."""
    of_queue = {model.model_fields["kind"].default for model in get_args(AnyMasterData)}
    assert of_queue == {*KINDS.values(), Policy.model_fields["kind"].default}


@pytest.mark.parametrize("kind", ["contract", "meter", "crm_mapping"])
def test_an_etag_of_the_latest_version_is_what_the_next_one_goes_on(kind: str, world: World) -> None:
    put(world, "crm-mappings", mapping())
    (contract,) = world.directory.contracts("UA")
    meter = world.directory.meters()[0]
    published: dict[str, tuple[str, Contract | Meter | CrmMapping, str, dict[str, str]]] = {
        "contract": ("contracts", contract, CONTRACT, {"account": "UA", "contract": contract.id}),
        "meter": ("meters", meter, "GET /v1/meters/{id}", {"id": meter.id}),
        "crm_mapping": ("crm-mappings", CrmMapping.model_validate(mapping()), MAPPING, {"id": "salesforce"}),
    }
    path, document, route, names = published[kind]
    etag = responded(world, route, in_path=names)["headers"]["etag"]
    fields = document.model_dump(mode="json", exclude={"kind", "id", "version"})
    statuses = [
        responded(
            world,
            VERSIONS.format(kind=path),
            fields,
            if_match=match,
            in_path={"id": document.id, "version": str(version)},
        )["statusCode"]
        for version, match in ((2, '"other"'), (3, etag), (2, etag), (3, etag))
    ]
    assert statuses == [412, 412, 200, 412]
