"""Saying on stderr how far something is: a bar in a terminal, and elsewhere a line every few seconds."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from billproof_ops.consoles import PlainConsole

SECONDS_BETWEEN_LINES = 5.0


class HowFar:
    """Counts what is done of several kinds of work."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or PlainConsole(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=self._console, transient=True)
        self._tasks: dict[str, TaskID] = {}
        self._said = time.monotonic()

    def shown(self) -> AbstractContextManager[object]:
        """Show the bars as long as the context is open, where there is a terminal."""
        return self._bars if self._console.is_terminal else nullcontext()

    def counted[T](self, what: str, results: Iterable[T], total: int) -> Iterator[T]:
        """Yield the results of some work, and say how many there are yet."""
        self.say(what, 0, total)
        for done, result in enumerate(results, start=1):
            self.say(what, done, total)
            yield result

    def say(self, what: str, done: int, total: int) -> None:
        """Say how much of some work is done."""
        if self._console.is_terminal:
            task = self._tasks.get(what)
            if task is None:
                task = self._tasks[what] = self._bars.add_task(what, total=total)
            self._bars.update(task, completed=done, total=total)
        elif time.monotonic() - self._said >= SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            self._console.print(f"{what}: {done:,} of {total:,}", soft_wrap=True)
