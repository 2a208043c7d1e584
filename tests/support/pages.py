"""The commands of a page, as they stand there, and what the page says that they print."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(
    r"(?:^|\| )\s*(?:\.venv/bin/)?(billproof (?:\\\n|[^#\n])*)|`(?:\.venv/bin/)?(billproof [^`]*)`", re.MULTILINE
)
"""A command of `billproof`, in a block or within a sentence."""
ANYTHING = "…"


@dataclass(frozen=True)
class Shown:
    """A command of a page, and the lines that it shows below it; … stands for anything."""

    command: str
    lines: tuple[str, ...]

    def missing(self, printed: str) -> list[str]:
        """Return the lines that were not printed; blanks do not count."""
        said = " ".join(printed.split())
        return [line for line in self.lines if not _pattern(line).search(said)]


def _pattern(line: str) -> re.Pattern[str]:
    parts = " ".join(line.split()).split(ANYTHING)
    return re.compile(".*".join(map(re.escape, parts)))


def commands_of(page: Path) -> Iterator[Shown]:
    """Yield the commands of a page's console blocks, in order."""
    for block in BLOCK.finditer(page.read_text()):
        command = ""
        lines: list[str] = []
        for line in block[1].replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                if command:
                    yield Shown(command, tuple(lines))
                command, lines = line.removeprefix("$ "), []
            elif line.strip():
                lines.append(line)
        if command:
            yield Shown(command, tuple(lines))
