"""The port of what writes texts: a template of ours, or a model outside."""

from collections.abc import Sequence
from typing import Protocol

from billproof.writing.model import TextProblem, TextSources, WriterAnswer


class TextWriter(Protocol):
    """Writes a text from sources. What it returns is checked; nothing else of it is used."""

    @property
    def name(self) -> str:
        """What it is called where its texts are shown."""
        ...

    @property
    def is_outside(self) -> bool:
        """Whether sources leave to somebody else: then personal ones leave under their names only."""
        ...

    def write(self, sources: TextSources, *, refused: Sequence[TextProblem]) -> WriterAnswer:
        """Write a text; `refused` is why the try before was refused. Raises ExternalServiceUnavailable."""
        ...
