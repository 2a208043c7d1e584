"""`billproof invoice credit` and `billproof balance`, over the world in memory."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof.invoicing.credit_requests import WantedCredit
from billproof_ops import cli, exceptions
from billproof_ops.target import Target
from tests.support.world import INC, JANUARY, World

UA = f"{INC}.{JANUARY}.UA"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """UA is billed February's platform fee in advance: 2,500.00."""
    world = World()
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update={"customer_balance": "2300"})
    world.publish(entity.model_copy(update={"version": 2, "chart_of_accounts": chart}))
    world.bill()
    ports = SimpleNamespace(register=world.register, directory=world.directory, objects=world.objects)
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=ports))

    def ask(_: object, request: WantedCredit, *, who: str) -> object:
        fields = request.model_dump(mode="json", exclude={"id", "invoice"})
        return world.credit(request.invoice, request.id, **fields, requested_by=who)

    monkeypatch.setattr(exceptions, "ask_for_credit", ask)
    return world


def run(*words: str) -> tuple[int, str]:
    found = CliRunner().invoke(cli.app, words, env={"COLUMNS": "200", "TERM": "xterm"})
    return found.exit_code, f"{found.output}{found.exception or ''}"


def credit(*words: str) -> tuple[int, str]:
    given = ("--reason", "service_level", "--note", "a week without data", "--as", "ana", "--json")
    return run("invoice", "credit", UA, *words, *given)


def test_a_credit_note_is_for_the_days_that_are_named(world: World) -> None:
    code, said = credit("--line", "platform:2013-02", "--from", "2013-02-08", "--to", "2013-02-15")
    assert code == 0, said
    document = json.loads(said)["document"]
    exception = json.loads(said)["exception"]
    assert world.decide(exception, "approved", "ben").outcome == "decided"
    world.apply(exception)
    (line,) = [line for line in world.invoice(document).lines if not line.amounts.net.is_zero]
    assert (str(line.priced.covered.start), str(line.priced.covered.end)) == ("2013-02-08", "2013-02-15")
    assert line.amounts.net.text == "-625.00"  # 7 of 28 days of 2,500.00


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2013-02-08"), "days.end: Value error, this is not a day"),
        (("--to", "2013-02-15"), "days.start: Value error, this is not a day"),
        (
            ("--from", "the 8th", "--to", "2013-02-15"),
            "days.start: Value error, this is not a day: write it as YYYY-MM-DD",
        ),
        (("--from", "2013-02-15", "--to", "2013-02-08"), "days"),
        (("--balance", "--refund"), "it is refunded or left to the balance, not both"),
    ],
)
def test_what_is_wrong_with_the_days_is_said(world: World, words: tuple[str, ...], said: str) -> None:
    code, found = credit(*words)
    assert (code != 0, said in found) == (True, True), found
    assert world.register.credits(UA) == []


def test_the_statement_of_a_balance(world: World) -> None:
    assert run("balance", "UA", "-e", INC) == (0, "UA has no balance\n")
    code, said = credit("--line", "platform:2013-02=100", "--balance")
    assert code == 0, said
    exception = json.loads(said)["exception"]
    world.decide(exception, "approved", "ben")
    world.apply(exception)
    code, said = run("balance", "UA", "-e", INC)
    assert code == 0, said
    lines = [" ".join(line.replace("│", " ").split()) for line in said.splitlines()]
    assert "opening 0.00" in lines
    assert "2013-02-02 SKY-US-CN-2013-000001 100.00 100.00" in lines
    assert "closing 100.00" in lines
    code, said = run("balance", "UA", "-e", INC, "--from", "2013-03-01", "--json")
    (statement,) = json.loads(said)
    assert (statement["opening"]["amount"], statement["entries"]) == ("100", [])
    assert "skymeter-europe does not bill UA" in run("balance", "UA", "-e", "skymeter-europe")[1]
    assert "'March' is not a day" in run("balance", "UA", "-e", INC, "--from", "March")[1]
