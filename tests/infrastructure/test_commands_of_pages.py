"""Every command of `billproof` that a page shows exists, with its options; `make` targets do, too."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from billproof_ops.cli import app
from billproof_ops.paths import ROOT
from tests.support.pages import COMMAND

TARGET = re.compile(r"(?:^|`)\s*make ([a-z -]+)", re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def wrong_commands(text: str) -> Iterator[str]:
    """Yield each command that names no verb of the command line, or an option that its verb does not have."""
    for match in COMMAND.finditer(text):
        said = " ".join((match[1] or match[2]).replace("\\\n", " ").split())
        command: Any = get_command(app)
        words = shlex.split(said)[1:]
        while words and hasattr(command, "commands"):
            verbs = words.pop(0).split("|")
            if not all(verb in command.commands for verb in verbs):
                break
            command = command.commands[verbs[0]]
        if hasattr(command, "commands"):
            yield said
            continue
        known = {option for parameter in command.params for option in parameter.opts}
        if [word for word in words if re.match(r"--?[a-z]", word) and word not in known]:
            yield said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_exist(page: Path) -> None:
    text = page.read_text()
    assert list(wrong_commands(text)) == []
    targets = {target for match in TARGET.finditer(text) for target in match[1].split()}
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets - known == set()


def test_a_command_that_does_not_exist_is_noticed() -> None:
    for wrong in ("billproof run dance X", "billproof run", "billproof run start --acount UA"):
        assert list(wrong_commands(f"See:\n    {wrong}\n")) == list(wrong_commands(f"See `{wrong}`.")) == [wrong]
    right = ".venv/bin/billproof exceptions approve|reject ID --as ben \\\n  --reason x  # why"
    assert list(wrong_commands(right)) == []
