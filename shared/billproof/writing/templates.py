"""The writer that is always there: a template for each kind of text, the same text for the same sources."""

from collections.abc import Callable, Mapping, Sequence

from billproof.writing.closes import note
from billproof.writing.contract_changes import summary
from billproof.writing.disputes import answer
from billproof.writing.model import TextKind, TextProblem, TextSources, WriterAnswer
from billproof.writing.variances import explanation

TEMPLATES: Mapping[TextKind, Callable[[TextSources], str]] = {
    TextKind.CONTRACT_CHANGE: summary,
    TextKind.VARIANCE: explanation,
    TextKind.DISPUTE: answer,
    TextKind.CLOSE: note,
}


class TemplateWriter:
    """Writes by template, here: nothing leaves, and no token is paid for."""

    name = "template"
    is_outside = False

    def write(self, sources: TextSources, *, refused: Sequence[TextProblem]) -> WriterAnswer:  # noqa: ARG002 - as every writer
        """Return the template's text."""
        return WriterAnswer(text=TEMPLATES[sources.kind](sources))
