"""`billproof contract map`, `import` and `sync`: what comes out of files, and what is sent."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof.crm.hints import CrmHint, read_crm_message
from billproof.masterdata.service import sync_contract
from billproof_ops import cli_contracts
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.order_files import read_orders
from tests.support.crm import EXAMPLES, ORDER, CrmWorld

ORDERS, MAPPING = str(EXAMPLES / "orders.csv"), str(EXAMPLES / "salesforce.yaml")


@pytest.fixture
def usual_depth() -> Iterator[None]:
    """The depth of calls that a process begins with: other tests may have raised it."""
    depth = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(depth)


@pytest.fixture
def sent() -> list[str]:
    return []


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, sent: list[str]) -> CrmWorld:
    """A world whose queues are taken in at once."""
    world = CrmWorld(None)
    target = SimpleNamespace(ports=world)

    def send_all(_target: object, output: str, bodies: Iterable[tuple[str, int]]) -> Iterator[int]:
        for body, number in bodies:
            sent.append(body)
            if output == "ContractEventsQueueUrl":
                sync_contract(body, directory=world.directory)
            yield number

    for module in ("cli_contracts", "orders"):
        monkeypatch.setattr(f"billproof_ops.{module}.Target", SimpleNamespace(find=lambda: target))
    for module in ("cli_contracts", "publishing"):
        monkeypatch.setattr(f"billproof_ops.{module}.send_all", send_all)
    return world


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli_contracts.app, words)
    assert result.exit_code == code, result.output
    return result.output


def changed(folder: Path, old: str, new: str) -> str:
    path = folder / "orders.csv"
    path.write_text(Path(ORDERS).read_text().replace(old, new))
    return str(path)


def test_map_shows_the_contract_that_comes_out_of_a_file_without_a_stack() -> None:
    said = run("map", ORDERS, "--mapping", MAPPING)
    assert "order 2013-07 becomes contract sf-2013-07, in all 2980.00 USD" in said
    (mapped,) = json.loads(run("map", str(EXAMPLES / "order.salesforce.json"), "--mapping", MAPPING, "--json"))
    assert [charge["id"] for charge in mapped["contract"]["charges"]][:2] == ["platform", "miles"]


def test_map_says_what_is_missing_and_exits_with_1(tmp_path: Path) -> None:
    said = run("map", changed(tmp_path, "SKY-SEATS", "SKY-DRONES"), "--mapping", MAPPING, code=1)
    assert "the product 'SKY-DRONES' is not known" in said
    assert "480.00 USD" in said


def test_map_says_that_an_order_is_not_signed(tmp_path: Path) -> None:
    assert "order 2013-07 is not signed" in run("map", changed(tmp_path, "Activated", "Draft"), "--mapping", MAPPING)


def test_import_publishes_what_is_news_and_again_nothing(world: CrmWorld, sent: list[str], tmp_path: Path) -> None:
    assert "sf-2013-07 version 1: new" in run("import", ORDERS, "--crm", "salesforce")
    assert [(one.id, one.version) for one in world.versions()] == [("sf-2013-07", 1)]
    assert "published: 0" in run("import", ORDERS, "--crm", "salesforce")
    dearer = changed(tmp_path, "2500", "2600")
    (planned,) = json.loads(run("import", dearer, "--mapping", MAPPING, "--json"))
    assert (planned["version"], planned["novelty"]) == (2, "changed")
    assert len(sent) == len(world.versions()) == 2


def test_import_publishes_nothing_of_files_in_which_anything_is_missing(
    world: CrmWorld, sent: list[str], tmp_path: Path
) -> None:
    path = Path(changed(tmp_path, "SKY-SEATS", "SKY-DRONES"))
    path.write_text(path.read_text() + "2013-08,0015g00000UAAAAAA1,Activated,USD,2013-01-01,,1,SKY-PLATFORM,1,7\n")
    result = CliRunner().invoke(cli_contracts.app, ["import", str(path), "--crm", "salesforce"])
    assert isinstance(result.exception, OpsError)
    assert "sf-2013-07 cannot become contracts" in str(result.exception)
    assert (sent, world.versions()) == ([], [])


@pytest.mark.parametrize("words", [("--crm", "nothing"), ("--mapping", str(EXAMPLES / "order.salesforce.json")), ()])
@pytest.mark.usefixtures("world")
def test_a_mapping_has_to_be_named(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli_contracts.app, ["map", ORDERS, *words])
    assert isinstance(result.exception, WrongUse)


@pytest.mark.usefixtures("world")
def test_sync_asks_for_an_order_as_often_as_it_is_called(sent: list[str]) -> None:
    for _ in range(2):
        run("sync", "salesforce", ORDER)
    first, second = map(read_crm_message, sent)
    assert isinstance(first, CrmHint)
    assert (first.records, first.adopt, first) == ((ORDER,), True, second)


@pytest.mark.usefixtures("usual_depth")
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("orders.csv", '{head}\n2013-07,"0015,Activated', "unexpected end of data"),
        ("orders.csv", "{head}\n,A,Activated,USD,2013-01-01,2014-01-01,1,P,1,2500\n", "number"),
        ("order.yaml", "[" * 2_000, "it is nested too deeply"),
        ("order.json", "[" * 200_000, "it is nested too deeply"),
        ("order.json", '{"order": {}, "items": [], "products": [{}]}', "products of Salesforce are records with an Id"),
        ("deal.json", '{"deal": {"properties": "x"}, "line_items": [], "companies": []}', "not a deal of HubSpot"),
    ],
)
def test_a_damaged_file_of_orders_is_refused_with_what_is_wrong(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(text.replace("{head}", Path(ORDERS).read_text().splitlines()[0]))
    with pytest.raises(WrongUse, match=said):
        read_orders(path, system="salesforce")
