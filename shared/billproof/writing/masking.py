"""What is personal stays here: a writer outside gets names of facts in its place, and they are put back afterwards."""

import re

from billproof.writing.model import SourceFact, TextSources

_PLACEHOLDER = re.compile(r"\[\[([a-z][a-z0-9_]*)\]\]")


def masked(sources: TextSources) -> TextSources:
    """Return sources whose personal facts are written as their names, such as [[customer]], and in no other form."""
    return sources.model_copy(update={"facts": tuple(map(_masked, sources.facts))})


def _masked(fact: SourceFact) -> SourceFact:
    return fact.model_copy(update={"forms": (f"[[{fact.name}]]",)}) if fact.personal else fact


def put_back(text: str, sources: TextSources) -> str:
    """Return a text with personal facts in place of their names; the facts' own brackets are left as they are."""
    personal = {fact.name: fact.text for fact in sources.facts if fact.personal}
    return _PLACEHOLDER.sub(lambda match: personal.get(match[1], match[0]), text)
