"""Consoles that print what people and sources wrote as it stands: `[/b]` is no tag in it and `:id:` no picture.

Control characters, and those that change the direction of what follows, are printed as their codes in Unicode.
"""

import re
from typing import Any, override

from rich.console import Console
from rich.text import Text

_TAG = re.compile(r"\[(red|green|yellow|bold|/)\]")
"""The tags that our own lines use; [/] ends the one before it."""
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but line feed and tab, and those that change the direction of what follows."""


def _harmless(text: str) -> str:
    return _COMMANDS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class PlainConsole(Console):
    """A console that knows our own tags, and takes every other bracket as it is."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, emoji=False)

    @override
    def render_str(self, text: str, *, markup: bool | None = None, **options: Any) -> Text:
        """Render a line: with our tags, unless `markup` is False."""
        text = _harmless(text)
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
