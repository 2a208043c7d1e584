"""`billproof import` on the example company: what is wrong is said by row and field, and its first month is proved.

kontor  99.00 + 12,000 calls at 0.01 = 219.00, of which a credit pays 120.00: 99.00, tax 18.81
werft   50.00, tax 9.50 = 59.50, of which its balance pays 25.00
"""

import csv
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from billproof.approvals import taking_over
from billproof.errors import BillproofError
from billproof.money import Money
from billproof.opening.packing import unpacked
from billproof.proof.service import prove_run
from billproof_ops import api
from billproof_ops.api import RefusedCall
from billproof_ops.local.people import local_identity
from billproof_ops.paths import ROOT
from tests.support.own_product import OwnProduct
from tests.support.taken_over import opening_stores

EXAMPLE = ROOT / "examples" / "taking-over"
ENTITY, MONTH, RUN = "harbour", "2026-10", "harbour-2026-10-001"
COLUMNS = ("--source", "my-app", "--type", "api.called", "--id", "request", "--subject", "customer", "--time", "at")


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OwnProduct:
    """The example's files in a folder of their own, and its master data published."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(EXAMPLE, "business")
    product = OwnProduct(monkeypatch)
    product.world.moment = datetime(2026, 11, 2, 12, tzinfo=UTC)

    def call(_target: object, operation: api.Operation, request: dict[str, str], *, who: str | None) -> object:
        assert operation is api.TAKE_OVER
        try:
            return _answer(product, request, who or "nobody").model_dump(mode="json")
        except BillproofError as error:
            raise RefusedCall(409, {"detail": str(error)}) from None

    monkeypatch.setattr(api, "call", call)
    code, said = product.run("publish", "business/publish", "--as", "carla")
    assert code == 0, said
    product.confirm(ENTITY)
    return product


def _answer(product: OwnProduct, request: dict[str, str], who: str) -> taking_over.OpeningState:
    world, caller = product.world, local_identity(who)
    stores = opening_stores(world)
    if request["step"] == "confirm":
        return taking_over.confirm_opening(
            legal_entity=request["legal_entity"],
            digest=request["digest"],
            caller=caller,
            stores=stores,
            erps=world.erps,
            now=world.now(),
        )
    opening = unpacked(request["packed"])
    if request["step"] == "check":
        return taking_over.check_opening(opening, caller=caller, directory=world.directory)
    return taking_over.propose_opening(opening, caller=caller, stores=stores, now=world.now())


def report(path: str = "problems.csv") -> list[tuple[str, str, str, str]]:
    with Path(path).open(newline="") as file:
        return [(row["file"], row["row"], row["field"], row["code"]) for row in csv.DictReader(file)]


def change(file: str, before: str, after: str) -> None:
    path = Path("business/opening") / f"{file}.csv"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_the_example_is_checked_proposed_confirmed_billed_and_proved(product: OwnProduct) -> None:
    code, said = product.run("import", "check", "business/opening", "--as", "carla")
    assert (code, "nothing is wrong with it" in said) == (0, True), said
    code, said = product.run("import", "show")
    assert (code, "harbour took nothing over" in said) == (0, True), said
    code, said = product.run("import", "propose", "business/opening", "--as", "carla")
    assert (code, "proposed by carla: somebody else confirms it" in said) == (0, True), said
    code, said = product.run("import", "confirm", "--as", "carla")
    assert (code, "somebody else must confirm it" in said) == (1, True), said
    code, said = product.run("import", "confirm", "--as", "ben")
    assert (code, "confirmed by ben: in effect" in said) == (0, True), said
    code, said = product.run("import", "show")
    assert (code, "2026-10 is billed first" in said) == (0, True), said
    code, said = product.run("import", "receivables", "--account", "kontor")
    row = "HA-2026-000117 kontor 2026-09-02 2026-09-16 4165.00 EUR"
    assert (code, " ".join(said.split()).endswith(row)) == (0, True), said
    code, said = product.run("import", "receivables", "--account", "nobody")
    assert (code, "nobody" in said) == (1, True), said
    assert not Path("problems.csv").exists()
    stored = {name: dict(records.items) for name, records in product.world.records.items()}
    for words, who in ((("propose", "business/opening"), "carla"), (("confirm",), "ben")):
        code, said = product.run("import", *words, "--as", who)
        assert (code, "confirmed by ben: in effect" in said) == (0, True), said
    assert {name: dict(records.items) for name, records in product.world.records.items()} == stored
    code, said = product.run("usage", "send", "business/usage.csv", *COLUMNS)
    assert (code, "12 sent, 0 refused" in said) == (0, True), said
    world = product.world
    assert world.bill(ENTITY, MONTH).held == 0
    world.post_all(ENTITY, MONTH)
    released = {name: world.register.released(f"{ENTITY}.{MONTH}.{name}") for name in ("kontor", "werft")}
    assert {
        name: (release.number, release.receivable.amount.text) for name, release in released.items() if release
    } == {"kontor": ("HA-2026-000131", "117.81"), "werft": ("HA-2026-000132", "34.50")}
    assert world.recognize(MONTH, ENTITY).earned == Money.of("100.00", "EUR")
    proof = prove_run(RUN, stores=world.stores())
    assert (proof.differences, proof.checked.postings) == ((), 2 + 3)
    assert world.reconcile(ENTITY, MONTH).variances == ()


def test_what_is_wrong_is_reported_by_file_row_and_field(product: OwnProduct) -> None:
    change("receivables", "4165.00", '"4.165,00"')
    change("receivables", "2026-10-02", "02.10.2026")
    change("numbers", "131", "1_31")
    change("history", "account,meter", "customer,meter")
    code, said = product.run("import", "check", "business/opening", "--as", "carla")
    assert (code, "5 problems: all of them are in problems.csv" in said) == (1, True), said
    assert sorted(report()) == [
        ("history", "0", "account", "unreadable"),
        ("history", "0", "customer", "unreadable"),
        ("numbers", "1", "next", "unreadable"),
        ("receivables", "1", "amount", "unreadable"),
        ("receivables", "2", "issued", "unreadable"),
    ]


def test_what_contradicts_control_totals_or_master_data_is_reported_and_not_proposed(product: OwnProduct) -> None:
    change("receivables", "4165.00", "4165.01")
    change("balances", "werft", "wreft")
    change("credits", "300.00", "1300.00")
    code, said = product.run(
        "import", "propose", "business/opening", "--as", "carla", "--report", "wrong.csv", "--json"
    )
    assert (code, len(json.loads(said[: said.rindex("]") + 1]))) == (1, 4), said
    assert sorted(report("wrong.csv")) == [
        ("balances", "1", "account", "unknown"),
        ("controls", "1", "total", "control_total"),
        ("controls", "4", "total", "control_total"),
        ("credits", "1", "amount", "unknown"),
    ]
    assert product.world.opening_decisions.proposals(ENTITY) == []


def test_a_prepaid_credit_that_no_row_names_is_reported(product: OwnProduct) -> None:
    Path("business/opening/credits.csv").unlink()
    change("controls", "credits,EUR,1,300.00\n", "")
    code, said = product.run("import", "propose", "business/opening", "--as", "carla")
    assert (code, "no row says what is left of prepaid of contract kontor-1 of kontor" in said) == (1, True), said
    assert report() == [("credits", "0", "credit", "undeclared")]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("receivable.csv", "a\n", "receivable.csv is none of balances, controls"),
        ("opening.csv", None, "opening.csv is missing"),
        ("receivables.csv", '"a', "receivables.csv cannot be read"),
        ("receivables.csv", "reference\nx,y\n", "this column is missing"),
        ("opening.csv", "legal_entity,first_period\n", "this file has one row"),
        ("opening.csv", "legal_entity,first_period\nharbour,2026-13\n", "not a calendar month"),
        ("balances.csv", "reference,account,currency,amount\nx,werft,EUR\n", "this row has not 4 cells"),
        ("numbers.CSV", "a\n", "numbers.CSV is not read: it has to end with .csv"),
        ("history.xlsx", "a\n", "history.xlsx is not read: it has to end with .csv"),
        ("opening.csv", "legal_entity,first_period\nharbor,2026-10\n", "there is no legal entity 'harbor': harbour"),
    ],
)
def test_files_that_cannot_be_meant_are_refused(product: OwnProduct, file: str, text: str | None, said: str) -> None:
    path = Path("business/opening") / file
    path.unlink() if text is None else path.write_text(text)
    code, answer = product.run("import", "check", "business/opening", "--as", "carla")
    assert (code > 0, said in answer) == (True, True), answer


def test_which_proposal_is_confirmed_is_said_where_there_are_several(product: OwnProduct) -> None:
    code, said = product.run("import", "confirm", "--as", "ben")
    assert (code, "no opening of harbour is proposed" in said) == (1, True), said
    product.run("import", "propose", "business/opening", "--as", "carla")
    change("receivables", "2026-09-16", "2026-09-30")
    product.run("import", "propose", "business/opening", "--as", "carla")
    code, said = product.run("import", "confirm", "--as", "ben")
    assert (code > 0, "say with --digest which one" in said) == (True, True), said
    later = product.world.opening_decisions.proposals(ENTITY)[-1].digest
    code, said = product.run("import", "confirm", "--digest", later[:12], "--as", "ben")
    assert (code, "in effect" in said) == (0, True), said
    fact = product.world.register.openings.in_effect(ENTITY)
    assert fact is not None
    assert fact.digest == later
