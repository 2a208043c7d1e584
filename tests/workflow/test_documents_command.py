"""`billproof receivables document` writes a file; a repetition writes the same one, and keeps nothing new."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof_ops import cli_receivables
from tests.support.account_documents import FEB, JAN, open_world
from tests.support.cash import eur, number_of, receipt, take
from tests.support.given_documents import kept, pages_of
from tests.support.world import INC, World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    world = open_world()
    target = SimpleNamespace(ports=world)
    monkeypatch.setattr("billproof_ops.cli_receivables.Target", SimpleNamespace(find=lambda: target))
    monkeypatch.setattr("billproof_ops.naming.account", lambda *_names: INC)
    monkeypatch.setattr(world, "now", lambda: datetime(2013, 4, 3, 17, tzinfo=UTC))
    monkeypatch.chdir(tmp_path)
    return world


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli_receivables.app, ["document", *words])
    assert result.exit_code == code, result.output
    return result.output.strip() or str(result.exception)


def test_a_document_is_written_and_a_repetition_changes_nothing(world: World) -> None:
    assert run("UA", "statement-2013-01-31") == "statement-2013-01-31.pdf"
    first = Path("statement-2013-01-31.pdf").read_bytes()
    assert run("UA", "statement-2013-01-31", "-o", "again.pdf") == "again.pdf"
    assert Path("again.pdf").read_bytes() == first
    assert len(kept(world)) == 1
    assert "Statement of account" in pages_of(first)[0]


def test_a_statement_of_all_has_what_is_settled(world: World) -> None:
    take(world, receipt(eur("17.66"), "2", remittance=number_of(world, JAN)))
    said = {}
    for name, words in (("open.pdf", ()), ("all.pdf", ("--all",))):
        run("UA", "statement", "-o", name, *words)
        said[name] = pages_of(Path(name).read_bytes())[0]
    assert [number_of(world, JAN) in said[name] for name in ("open.pdf", "all.pdf")] == [False, True]
    assert [number_of(world, FEB) in said[name] for name in ("open.pdf", "all.pdf")] == [True, True]


@pytest.mark.usefixtures("world")
def test_what_there_is_none_of_is_said() -> None:
    assert "there is no document" in run("UA", "poster", code=1)
