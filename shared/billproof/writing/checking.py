"""The check of a text: whatever is left once the forms of its sources are taken out states no fact.

    The line bills 3 seats at “10.00 USD”.       what a writer returned
    The line bills □ at “□”.                     the sources' forms taken out
                        ^ a quotation, and no clause of the sources: refused

It looks at what is left and not for errors, so an error of a kind that nobody thought of is refused, too. What it
cannot see is in docs/writing.md.
"""

import re
from collections.abc import Iterator

from billproof.writing.model import FactKind, SourceFact, TextFault, TextProblem, TextSources
from billproof.writing.vocabulary import ANYWHERE, DATE_WORDS, FIGURE_SIGNS, FIGURE_WORDS, OPENERS

MOST_TEXT = 12_000
MOST_PROBLEMS = 20
"""Problems that a refusal names; a text with more is refused all the same."""
TAKEN = "\ue000"
"""A letter that is no text; in pictures of this it is □."""
_NOT_BEFORE = r"(?<![\w.,'’+−–—$€£¥%‰#/\\-])"
_NO_SIGN_BEFORE = r"(?<!\()(?<![-−–—+]\s)(?<![\d]\s)"
_NOT_AFTER_FIGURE = r"(?![\w%‰°/'’+−–—*-]|[.,:]\d|\s\d)"
_NOT_AFTER = r"(?![\w%‰/]|[-@]\w|\.\w)"
_QUOTED = re.compile(r"[“\"„«‹][^”\"»›\n]*[”\"»›]?|[”»›]|(?<!\w)['‘][^'’\n]*['’](?!\w)")
_ADDRESS = re.compile(rf"\S*(?:@|://|www\.|[A-Za-z{TAKEN}]\.[A-Za-z])\S*")
_WORD = re.compile(r"[A-Za-z]+(?:[-’'][A-Za-z]+)*")
_PLAIN = re.compile(rf"[^A-Za-z\s.,;:!?'’()\-–—{TAKEN}]")


def problems_of(text: str, sources: TextSources) -> tuple[TextProblem, ...]:
    """Return everything in a text that has no source, and each required fact that it does not state; none if sound."""
    if len(text) > MOST_TEXT:
        return (TextProblem(fault=TextFault.TOO_LONG, text=f"more than {MOST_TEXT} letters"),)
    if TAKEN in text:
        return (TextProblem(fault=TextFault.CHARACTER, text="U+E000"),)
    left, stated = _without_facts(text, sources.facts)
    left_out = (
        TextProblem(fault=TextFault.LEFT_OUT, text=fact.name)
        for fact in sources.facts
        if fact.required and stated.isdisjoint(fact.forms)
    )
    return tuple(dict.fromkeys((*_unsourced(left), *left_out)))[:MOST_PROBLEMS]


def _without_facts(text: str, facts: tuple[SourceFact, ...]) -> tuple[str, set[str]]:
    """Return a text with a mark in place of every form of a fact, the longest form first, and the forms it has."""
    forms = sorted(
        ((form, fact.kind) for fact in facts for form in fact.forms), key=lambda item: (-len(item[0]), item[0])
    )
    stated: set[str] = set()

    def take(match: re.Match[str]) -> str:
        stated.add(" ".join(match[0].split()))
        return TAKEN

    if not forms:
        return text, stated
    return re.sub("|".join(_pattern(form, kind) for form, kind in forms), take, text), stated


def _pattern(form: str, kind: FactKind) -> str:
    """Return what matches a form where nothing beside it makes another fact of it."""
    written = r"\s+".join(re.escape(word) for word in form.split())
    is_figure = kind.is_figure or kind is FactKind.STATEMENT
    before = _NOT_BEFORE if _is_bare(form[0]) else ""
    after = (_NOT_AFTER_FIGURE if is_figure else _NOT_AFTER) if _is_bare(form[-1]) else ""
    sign = _NO_SIGN_BEFORE if is_figure and (kind.is_figure or form[0].isdigit()) else ""
    return f"{before}{sign}{written}{after}"


def _is_bare(letter: str) -> bool:
    """Say whether a word, or a figure, may go on beyond this edge of a form: a quotation mark or bracket ends it."""
    return letter not in '“”"[]'


_RULES = (
    (TextFault.CLAUSE, _QUOTED),
    (TextFault.NAME, _ADDRESS),
    (TextFault.FIGURE, FIGURE_SIGNS),
    (TextFault.FIGURE, FIGURE_WORDS),
    (TextFault.DATE, DATE_WORDS),
    (TextFault.NAME, _WORD),
    (TextFault.CHARACTER, _PLAIN),
)


def _unsourced(left: str) -> Iterator[TextProblem]:
    """Yield what states a fact among what is left of a text; what one rule found no later one tells again."""
    covered = [False] * len(left)
    for fault, rule in _RULES:
        for match in rule.finditer(left):
            start, end = match.span()
            if rule is _WORD and (match[0] == match[0].lower() or _may_be_capital(match[0], left[:start])):
                continue
            if not any(covered[start:end]):
                yield TextProblem(
                    fault=fault, text=match[0].strip() if rule is not _PLAIN else f"U+{ord(match[0]):04X}"
                )
            covered[start:end] = [True] * (end - start)


def _may_be_capital(word: str, before: str) -> bool:
    """Say whether a word names nobody: it begins a sentence, a line or what follows a colon, and is known to."""
    plain = re.split(r"[-’']", word)[0]
    if plain in ANYWHERE:
        return True
    ending = before.rstrip(" \t-")
    return plain in OPENERS and word[1:] == word[1:].lower() and (not ending or ending[-1] in ".!?:\n")
