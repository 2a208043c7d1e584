"""Master data over HTTP: what the queue takes, answered at once, and nothing of other companies."""

import json
from typing import Any

import pytest

from billproof.access.scopes import Scope
from billproof.invoicing.documents import read_invoice
from billproof.masterdata.parties import LegalEntity
from billproof_ops.local.people import local_identity
from billproof_ops.paths import ROOT
from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.published_by_api import CRM, VERSIONS, call, let, put
from tests.support.world import EUROPE, INC, JANUARY, World, flight


@pytest.fixture
def world() -> World:
    """The CRM is a client of the US company, and of no other."""
    world = World(accounts={"UA", "DL"})
    let(world, INC, Scope.CONTRACTS_WRITE, Scope.CONTRACTS_READ)
    let(world, EUROPE)
    return world


def test_a_version_is_stored_once_and_its_sender_is_kept(world: World) -> None:
    (contract,) = world.directory.contracts("UA")
    later = contract.model_copy(update={"version": 2, "exclusions": ()})
    stored: dict[str, Any] = {"kind": "contract", "id": contract.id, "version": 2, "outcome": "stored"}
    assert put(world, "contracts", later) == (200, stored)
    assert put(world, "contracts", later)[1]["outcome"] == "known"
    status, problem = put(world, "contracts", later, currency="EUR")
    assert (status, problem["code"]) == (409, "conflict")
    status, history = call(world, "GET /v1/accounts/{account}/contracts", account="UA")
    assert [version["version"] for version in history["versions"]] == [1, 2]
    assert history["versions"][1]["receipt"]["sender"] == str(local_identity(CRM))


@pytest.mark.parametrize("version", ["0", "-1", "1.5", "x", "1234567", "٣"])
def test_a_version_is_a_whole_number(version: str, world: World) -> None:
    (contract,) = world.directory.contracts("UA")
    fields = contract.model_dump(mode="json", exclude={"kind", "id", "version"})
    status, problem = call(world, VERSIONS.format(kind="contracts"), fields, id="ua", version=version)
    assert (status, problem["code"]) == (400, "invalid_input")


def test_nothing_of_another_company_is_read_or_written(world: World) -> None:
    account, (contract,) = world.directory.account("DL"), world.directory.contracts("DL")
    assert account is not None
    europe, (meter, *_) = world.directory.legal_entity(EUROPE), world.directory.meters()
    assert put(world, "contracts", contract, version=2)[0] == 404
    assert put(world, "accounts", account, version=2)[0] == 404
    assert put(world, "accounts", account, version=2, legal_entity=INC)[1]["detail"] == "the id DL is taken"
    assert put(world, "legal-entities", europe, version=2)[0] == 404
    assert put(world, "meters", meter, version=2)[0] == 403
    for route in ("GET /v1/accounts/{account}", "GET /v1/accounts/{account}/contracts"):
        assert call(world, route, account="DL")[0] == call(world, route, account="nobody")[0] == 404
    assert call(world, "POST /v1/invoices:preview", {"account": "DL", "period": JANUARY})[0] == 404
    assert world.directory.contracts("DL") == [contract]


def test_what_all_share_takes_the_scope_in_each(world: World) -> None:
    let(world, EUROPE, Scope.CONTRACTS_WRITE)
    meter = world.directory.meters()[0]
    assert put(world, "meters", meter, version=2, name="Flights")[1]["outcome"] == "stored"
    entity: LegalEntity = world.directory.legal_entity(INC)
    assert put(world, "legal-entities", entity, version=entity.version + 1)[0] == 200
    account = world.directory.account("UA")
    assert put(world, "accounts", account, version=2, name="United")[0] == 200
    _, answer = call(world, "GET /v1/accounts/{account}", account="UA")
    assert (answer["name"], answer["version"]) == ("United", 2)


def test_a_price_and_an_invoice_are_what_they_will_be(world: World) -> None:
    request = json.loads((ROOT / "examples" / "price-request.json").read_text())
    status, quoted = call(world, "POST /v1/prices:quote", request)
    assert (status, bool(quoted["lines"])) == (200, True)
    world.ingest([flight(1)])
    _, previewed = call(world, "POST /v1/invoices:preview", {"account": "UA", "period": JANUARY})
    world.bill()
    released = world.register.released(f"{INC}.{JANUARY}.UA")
    assert released is not None
    gross = read_invoice(world.objects, released.document).totals.gross
    assert previewed["invoice"]["totals"]["gross"] == gross.model_dump(mode="json")


def test_what_no_run_could_bill_is_refused_with_its_field(world: World) -> None:
    account = world.directory.account("UA")
    status, problem = put(world, "accounts", account, version=2, name="two\nlines")
    assert (status, problem["code"]) == (422, "invalid_input")
    assert "name" in problem["detail"]
    assert put(world, "contracts", world.directory.contracts("UA")[0], unknown=1)[0] == 400


class Publisher:
    """Publishes versions of the account UA on the one that it last read."""

    def __init__(self, world: World) -> None:
        self.world = world
        event = route_event("GET /v1/accounts/{account}", CRM, account="UA")
        self.etag = handler("api_contracts")(event, Context(), world)["headers"]["etag"]

    def put(self, version: int, name: str) -> int:
        known = self.world.directory.account("UA")
        assert known is not None
        fields = known.model_dump(mode="json", exclude={"kind", "id", "version"}) | {"name": name}
        route = VERSIONS.format(kind="accounts")
        event = route_event(route, CRM, body=json.dumps(fields), id="UA", version=str(version))
        event["headers"]["If-Match"] = self.etag
        status: int = handler("api_contracts")(event, Context(), self.world)["statusCode"]
        return status


def test_a_version_goes_on_the_one_that_if_match_names_and_again_after_a_lost_answer(world: World) -> None:
    publisher = Publisher(world)
    assert publisher.put(3, "New") == 412
    assert [publisher.put(2, "New") for _ in range(2)] == [200, 200]
    assert publisher.put(3, "Newer") == 412
    assert Publisher(world).put(3, "Newer") == 200


@pytest.mark.parametrize("version", [2, 3])
def test_of_two_who_publish_on_the_same_version_at_once_one_is_refused(
    version: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, others = Publisher(world), Publisher(world)
    add = world.directory.add

    def later(*of: Any) -> bool:
        monkeypatch.setattr(world.directory, "add", add)
        assert others.put(2, "Theirs") == 200
        return add(*of)

    monkeypatch.setattr(world.directory, "add", later)
    assert mine.put(version, "Mine") in {409, 412}
    account = world.directory.account("UA")
    assert account is not None
    assert account.name == ("Theirs" if version == 2 else "United Air Lines Inc.")


@pytest.mark.parametrize("name", ["A" * 900, "A" * 65, "é" * 450], ids=["900 letters", "65 letters", "900 bytes"])
def test_an_account_s_id_of_900_bytes_is_refused_at_once(name: str, world: World) -> None:
    """Messages with one are dead letters at once, and its usage is refused: test_handlers and test_ingestion."""
    account = world.directory.account("UA")
    assert account is not None
    status, problem = put(world, "accounts", account, id=name)
    assert (status, problem["code"]) == (400, "invalid_input")
    assert "at most 64" in json.dumps(problem)
