"""Names that a person types: one that does not exist is an error with the nearest, what is plain need not be said."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof.approvals.model import ExceptionRecord, Kind
from billproof.pipeline.months import sign_off_month
from billproof_ops import cli
from billproof_ops.target import Target
from tests.support.billed import one_flight
from tests.support.late_usage import FEB, JAN
from tests.support.world import EUROPE, INC, World

READERS = (("exceptions", "list"), ("invoice", "list"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = one_flight()
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world, outputs={}))
    return world


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(cli.app, words)
    return answer.exit_code, f"{answer.output}{answer.exception or ''}"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("verb", READERS, ids=" ".join)
def test_a_name_that_does_not_exist_is_an_error_with_the_nearest(verb: tuple[str, str]) -> None:
    for words, said in (
        (("-e", "skymeter-icn"), INC),
        (("-e", "nosuch"), EUROPE),
        (("-e", INC, "-p", FEB), JAN),
        (("-e", INC, "-p", "2013-99"), "calendar month"),
        (("-e", INC, "-p", "Jan"), "YYYY-MM"),
    ):
        code, text = run(*verb, *words)
        assert code == 1, words
        assert said in text


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("verb", READERS, ids=" ".join)
def test_the_only_open_month_need_not_be_named_and_of_several_legal_entities_one_must(verb: tuple[str, str]) -> None:
    assert run(*verb, "-e", INC) == run(*verb, "-e", INC, "-p", JAN)
    code, text = run(*verb)
    assert (code, f"--legal-entity: {EUROPE}, {INC}" in text) == (1, True)


def test_of_several_open_months_one_must_be_named_until_the_others_are_signed_off(world: World) -> None:
    world.moment += timedelta(days=31)
    world.bill(period=FEB)
    code, text = run("invoice", "list", "-e", INC)
    assert (code, f"{JAN}, {FEB}" in text) == (1, True)
    sign_off_month(
        legal_entity=INC,
        period=JAN,
        signed_by="ben",
        records=world.runs,
        decisions=world.records["decisions"],
        register=world.register,
        directory=world.directory,
        now=world.now(),
        grace=timedelta(0),
    )
    assert run("invoice", "list", "-e", INC) == run("invoice", "list", "-e", INC, "-p", FEB)


@pytest.mark.usefixtures("world")
def test_an_account_that_does_not_exist_is_an_error_with_the_nearest() -> None:
    code, text = run("balance", "UAA")
    assert (code, "there is no account 'UAA': UA" in text) == (1, True)
    assert run("balance", "UA")[0] == 0


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("verb", ["watch", "status", "report", "redrive", "balance", "prove"])
def test_a_run_that_does_not_exist_is_an_error_with_the_nearest(verb: str) -> None:
    for name in (f"{INC}-{JAN}-009", f"{INC}-{JAN}", "no run"):
        code, text = run("run", verb, name)
        assert (code, f"there is no run '{name}': {INC}-{JAN}-001" in text) == (1, True)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("verb", ["show", "prove", "pdf"])
def test_an_invoice_that_does_not_exist_is_an_error_with_the_nearest(verb: str) -> None:
    code, text = run("invoice", verb, "SKY-US-2013-000099")
    assert (code, "there is no released invoice 'SKY-US-2013-000099': SKY-US-2013-0000" in text) == (1, True)
    code, text = run("invoice", verb, f"{INC}.{JAN}.UUA")
    assert (code, f"{INC}.{JAN}.UA" in text) == (1, True)


@pytest.mark.parametrize("verb", [("show",), ("approve", "--reason", "as agreed"), ("redrive",)], ids=" ".join)
def test_an_exception_that_does_not_exist_is_an_error_with_the_nearest(verb: tuple[str, ...], world: World) -> None:
    waits = ExceptionRecord(
        id=f"{INC}.{JAN}.EV.001",
        kind=Kind.INVOICE,
        legal_entity=INC,
        period=JAN,
        subject="EV",
        run=f"{INC}-{JAN}-001",
        batch=None,
        requested_by="carla",
        amount=None,
        findings=(),
        can_approve=True,
        opened_at="2013-02-03T00:00:00Z",
    )
    world.exception_store.open(waits)
    code, text = run("exceptions", verb[0], f"{INC}.{JAN}.EVV.001", *verb[1:])
    assert (code, f"there is no exception '{INC}.{JAN}.EVV.001': {INC}.{JAN}.EV.001" in text) == (1, True), text


@pytest.mark.usefixtures("world")
def test_an_account_of_a_run_that_does_not_exist_is_an_error_with_the_nearest() -> None:
    code, text = run("run", "balance", f"{INC}-{JAN}-001", "--account", "UUA")
    assert (code, "'UUA': UA" in text) == (1, True)
    code, text = run("run", "start", "-e", INC, "-p", JAN, "--account", "UUA")
    assert (code, "there is no account 'UUA': UA" in text) == (1, True)
