"""Watching a run: who stops watching stops nothing else, and is told so."""

from typing import Any

import pytest

from billproof_ops import watching
from billproof_ops.consoles import PlainConsole

NO_TARGET: Any = None


def test_who_interrupts_is_told_that_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "wait_for_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        watching.watch(NO_TARGET, "acme-2026-10-001", console=PlainConsole())
    assert "acme-2026-10-001 goes on: billproof run watch acme-2026-10-001" in capsys.readouterr().out
