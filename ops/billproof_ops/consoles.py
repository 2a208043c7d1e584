"""Consoles that print what people and sources wrote as it stands: `[/b]` is no tag in it and `:id:` no picture."""

import re
from typing import Any, override

from rich.console import Console
from rich.text import Text

_TAG = re.compile(r"\[(red|green|yellow|bold|/)\]")
"""The tags that our own lines use; [/] ends the one before it."""


class PlainConsole(Console):
    """A console that knows our own tags, and takes every other bracket as it is."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, emoji=False)

    @override
    def render_str(self, text: str, *, markup: bool | None = None, **options: Any) -> Text:
        """Render a line: with our tags, unless `markup` is False."""
        if markup is False:
            return super().render_str(text, markup=False, **options)
        parts = _TAG.split(text)
        line = super().render_str("".join(parts[::2]), markup=False, **options)
        at, style = 0, ""
        for number, part in enumerate(parts):
            if number % 2:
                style = "" if part == "/" else part
            elif style:
                line.stylize(style, at, at + len(part))
            at += 0 if number % 2 else len(part)
        return line
