"""What the demo shows while it works, and where its time went."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@dataclass
class Timings:
    """Where the time went, in seconds by phase; each phase is announced when it begins."""

    announce: Callable[[str], None]
    phases: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str, of: str = "") -> Iterator[None]:
        """Time one phase; phases of the same name add up. `of` says what it is for, such as the month."""
        self.announce(f"{of} {name}".lstrip())
        start = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.monotonic() - start


def progress_lines(console: Console) -> Callable[[str], None]:
    """Return what prints a line for each phase where no terminal can show bars, with the seconds since now."""
    start = time.monotonic()

    def announce(phase: str) -> None:
        if not console.is_terminal:
            console.print(f"{time.monotonic() - start:5.0f} s  {phase}", highlight=False)

    return announce


def progress_bars(console: Console) -> Progress:
    """Return the bars that the demo shows while it works; a console that is no terminal gets none."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
