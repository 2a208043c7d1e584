"""Writing a text: a writer tries, what it returns is checked, and what is refused gives way to the template.

sources -> writer outside -> sound ----------------------------------> its text
                          -> refused -> told why, once more -> sound -> its text
                                                            -> refused -> the template's text, and both refusals
"""

from billproof.errors import InternalError
from billproof.writing.checking import problems_of
from billproof.writing.masking import masked, put_back
from billproof.writing.model import CheckedText, TextFault, TextProblem, TextSources, TokenUse, WriterAnswer
from billproof.writing.port import TextWriter
from billproof.writing.templates import TemplateWriter

MOST_TRIES = 2


def write_text(sources: TextSources, writer: TextWriter, *, sends_personal: bool) -> CheckedText:
    """Return a text in which every figure, date, name and clause has its source, and what was refused before it.

    Personal facts leave for a writer outside only where `sends_personal` says so. Raises what the writer does.
    """
    given = masked(sources) if writer.is_outside and not sends_personal else sources
    refused: list[tuple[TextProblem, ...]] = []
    tokens = TokenUse()
    for _ in range(MOST_TRIES if writer.is_outside else 1):
        answer = writer.write(given, refused=refused[-1] if refused else ())
        tokens += answer.tokens
        text = put_back(answer.text.strip(), sources) if given is not sources else answer.text.strip()
        problems = _problems(answer, given) or problems_of(text, sources)
        if not problems:
            return _checked(text, writer, sources, refused, tokens)
        refused.append(problems)
    return _by_template(sources, refused, tokens)


def _problems(answer: WriterAnswer, given: TextSources) -> tuple[TextProblem, ...]:
    if not answer.is_whole:
        return (TextProblem(fault=TextFault.CUT_OFF, text="the writer stopped before the end"),)
    return problems_of(answer.text.strip(), given)


def _by_template(sources: TextSources, refused: list[tuple[TextProblem, ...]], tokens: TokenUse) -> CheckedText:
    """Return the template's text; raises InternalError where that states what has no source."""
    writer = TemplateWriter()
    text = writer.write(sources, refused=()).text
    problems = problems_of(text, sources)
    if problems:
        message = f"the template of {sources.kind} states what has no source"
        raise InternalError(message, problems=", ".join(problem.fault for problem in problems))
    return _checked(text, writer, sources, refused, tokens)


def _checked(
    text: str, writer: TextWriter, sources: TextSources, refused: list[tuple[TextProblem, ...]], tokens: TokenUse
) -> CheckedText:
    return CheckedText(
        kind=sources.kind, text=text, writer=writer.name, sources=sources, refused=tuple(refused), tokens=tokens
    )
