"""From `billproof init` to a proved invoice: the files run, what is wrong is said, and every step is safe to repeat."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from billproof.periods import Period
from billproof.proof.service import prove_run
from billproof_ops.starter import write_starter
from tests.support.own_product import OwnProduct

ENTITY, MONTH, RUN = "my-billing", "2013-01", "my-billing-2013-01-001"
COLUMNS = ("--source", "my-app", "--type", "api.called", "--id", "request", "--subject", "customer", "--time", "at")


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OwnProduct:
    monkeypatch.chdir(tmp_path)
    product = OwnProduct(monkeypatch)
    now = datetime(2013, 2, 5, tzinfo=UTC)
    write_starter(tmp_path / "mine", entity=ENTITY, month=Period.month(MONTH), now=now)
    return product


def publish(product: OwnProduct) -> None:
    assert product.run("publish", "mine/publish", "--as", "carla")[0] == 0
    product.confirm(ENTITY)


def test_the_files_of_init_are_billed_and_proved(product: OwnProduct) -> None:
    """28,062 calls: 100.00 for 10,000 and 144.496 for the rest; 19 % of 99.00 is 18.81 and of 244.50 is 46.46."""
    code, said = product.run("publish", "mine/publish", "--as", "carla")
    assert (code, "published: 5" in said, "policy confirm -e my-billing -v 1" in said) == (0, True, True)
    product.confirm(ENTITY)
    code, said = product.run("usage", "send", "mine/usage.csv", *COLUMNS)
    assert (code, "124 sent, 0 refused" in said) == (0, True), said
    assert product.world.bill(ENTITY, MONTH).held == 1
    product.approve(f"{ENTITY}.{MONTH}.acme.001", "ana")
    invoice = product.world.invoice(f"{ENTITY}.{MONTH}.acme")
    assert [line.amounts.net.text for line in invoice.lines] == ["99.00", "244.50"]
    assert (invoice.totals.tax.text, invoice.totals.gross.text) == ("65.27", "408.77")
    assert "2013-02-05;408.77;1408.77;Acme Werkzeuge GmbH;" in Path("mine/bank.csv").read_text()
    product.world.post_all(ENTITY, MONTH)
    assert prove_run(RUN, stores=product.world.stores()).differences == ()
    code, said = product.run("price", "mine/price.json")
    assert (code, json.loads(said)["lines"][0]["net"]["amount"]) == (0, "220")


def test_every_step_is_safe_to_repeat(product: OwnProduct) -> None:
    publish(product)
    product.run("usage", "send", "mine/usage.csv", *COLUMNS)
    sent = len(product.sent)
    code, said = product.run("publish", "mine/publish", "--as", "carla")
    assert (code, "new" in said, len(product.sent)) == (0, False, sent)
    product.run("usage", "send", "mine/usage.csv", *COLUMNS)
    assert product.world.bill(ENTITY, MONTH).events.metered == 124
    code, said = product.run("init", "mine")
    assert (code, "is not an empty folder" in said) == (1, True)


def test_the_differences_are_shown_and_nothing_is_sent_on_a_dry_run(product: OwnProduct) -> None:
    publish(product)
    sent = len(product.sent)
    file = Path("mine/publish/customer.yaml")
    account, contract = file.read_text().split("- kind: contract")
    changed = contract.replace("version: 1", "version: 2").replace('"0.01"', '"0.012"').replace("99.00", "89")
    Path("mine/new.yaml").write_text(f"- kind: contract{changed}")
    code, said = product.run("publish", "mine/new.yaml", "--dry-run", "--json")
    assert (code, len(product.sent)) == (0, sent)
    (planned,) = json.loads(said)
    assert (planned["novelty"], planned["version"]) == ("changed", 2)
    assert {(each["path"], each["before"], each["after"]) for each in planned["changes"]} == {
        ("/charges/calls/price/tiers/1/unit_price", '"0.01"', '"0.012"'),
        ("/charges/platform/price/amount", '"99"', '"89"'),
    }
    file.write_text(f"{account}- kind: contract{changed.replace('version: 2', 'version: 1')}")
    code, said = product.run("publish", "mine/publish")
    assert (code, "customer.yaml, contract acme-1" in said, "publish a new version" in said) == (1, True, True)
    assert len(product.sent) == sent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: contrakt\nid: x", "must be one of 'legal_entity'"),
        ("kind: meter\nid: m\nversion: one", "version"),
        ("kind: account\nkind: meter", "kind stands there twice"),
        ("- [unclosed", "bad.yaml:"),
        ("just words", "bad.yaml, object 1"),
        ("kind: meter\nid: m\nversion: 1\nname: M\nunit: u\nevent_type: t\naggregation: sum", "bad.yaml, meter m"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(product: OwnProduct, text: str, said: str) -> None:
    Path("bad.yaml").write_text(text)
    code, answer = product.run("publish", "bad.yaml", "mine/publish")
    assert (code, said in answer, product.sent) == (1, True, []), answer


def test_yaml_is_read_as_it_is_written(product: OwnProduct) -> None:
    """In plain YAML a code such as 01067 is the number 567, NO is false, and a price of 0.10 is 0.1."""
    publish(product)
    text = Path("mine/publish/customer.yaml").read_text().split("- kind: contract")[0]
    text = text.replace("version: 1", "version: 2").replace('"60549"', "01067").replace("country: DE", "country: NO")
    Path("second.yaml").write_text(text)
    assert product.run("publish", "second.yaml")[0] == 0
    account = product.world.directory.account("acme")
    assert account is not None
    assert (account.address.postal_code, account.address.country) == ("01067", "NO")


def test_refused_rows_are_written_down_and_the_good_ones_are_sent(product: OwnProduct) -> None:
    publish(product)
    rows = [
        "request,customer,at,calls",
        "r-1,acme,2013-01-05T10:00:00+01:00,100",
        "r-2,acne,2013-01-05T10:00:00+01:00,100",
        "r-3,acme,2013-01-05T10:00:00,100",
        "r-4,acme,2013-01-05T10:00:00+01:00,1e3",
        ",acme,2013-01-05T10:00:00+01:00,7",
        "r-6,acme,2013-01-05T10:00:00+01:00,",
    ]
    text = "\n".join(rows)
    for verb, word in ("check", "good"), ("send", "sent"):
        code, said = product.run("usage", verb, "-", "--format", "csv", *COLUMNS, text=text)
        assert (code, f"1 {word}, 5 refused" in said) == (1, True), said
    with Path("refused.csv").open(newline="") as file:
        reasons = [(row["line"], row["reason"]) for row in csv.DictReader(file)]
    assert reasons == [
        ("3", "unknown_account"),
        ("4", "time_without_zone"),
        ("5", "quantity_malformed"),
        ("6", "not_a_cloudevent"),
        ("7", "quantity_missing"),
    ]
    assert product.world.bill(ENTITY, MONTH).events.copies == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mine/usage.csv",), "has no such column: --id id"),
        (("mine/usage.csv", *COLUMNS[4:]), "say with --source"),
        (("mine/usage.csv", *COLUMNS, "--data", "cals"), "--data cals"),
        (("mine/usage.txt", *COLUMNS), "--format"),
        (("mine/price.json",), "--format"),
        (("nosuch.csv", *COLUMNS), "cannot be read"),
        (("mine/usage.csv", *COLUMNS, "--refused", "mine/../mine/usage.csv"), "is what is read"),
    ],
)
def test_a_mapping_that_is_wrong_is_said_before_anything_is_sent(
    product: OwnProduct, words: tuple[str, ...], said: str
) -> None:
    publish(product)
    sent = len(product.sent)
    before = Path("mine/usage.csv").read_text()
    code, answer = product.run("usage", "send", *words)
    assert (code, said in answer, len(product.sent)) == (1, True, sent), answer
    assert Path("mine/usage.csv").read_text() == before


def test_lines_of_cloudevents_are_taken_as_they_are(product: OwnProduct) -> None:
    publish(product)
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "my-app",
        "type": "api.called",
        "subject": "acme",
        "time": f"{date(2013, 1, 5)}T10:00:00Z",
        "data": {"calls": "12"},
    }
    Path("usage.ndjson").write_text(f"{json.dumps(event)}\n\nnot json\n")
    code, said = product.run("usage", "send", "usage.ndjson", "--json")
    done, _ = json.JSONDecoder().raw_decode(said)
    assert (code, done) == (1, {"accepted": 1, "refused": 1, "reasons": {"unparsable_json": 1}})


@pytest.mark.parametrize("length", [65, 900, 3_000])
def test_an_account_s_id_that_is_too_long_is_refused_before_it_is_sent(product: OwnProduct, length: int) -> None:
    publish(product)
    sent = len(product.sent)
    name = "a" * length
    text = (
        Path("mine/publish/customer.yaml").read_text().split("- kind: contract")[0].replace("id: acme", f"id: {name}")
    )
    Path("long.yaml").write_text(text)
    code, said = product.run("publish", "long.yaml")
    assert (code, "at most 64" in said, len(product.sent)) == (1, True, sent), said
    assert len(said) < 400
    rows = f"request,customer,at,calls\nr-1,{name},2013-01-05T10:00:00+01:00,100\n"
    code, said = product.run("usage", "check", "-", "--format", "csv", *COLUMNS, text=rows)
    assert (code, "0 good, 1 refused" in said, "unknown_account" in said) == (1, True, True), said
