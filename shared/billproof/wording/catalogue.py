"""The catalogues of what documents say, one for a language; none of them needs babel."""

import json
from functools import cache
from importlib import resources

LANGUAGES = ("en", "de", "fr", "es", "nl", "it", "pt")
"""Languages of which there is a catalogue; documents in any other are in English."""


@cache
def catalogue(language: str) -> dict[str, dict[str, str]]:
    """Return the texts, mails, pages, reasons of credit notes and names of steps of a language, each by its name."""
    data = resources.files("billproof.wording").joinpath("texts", f"{language}.json").read_bytes()
    texts: dict[str, dict[str, str]] = json.loads(data)
    return texts


def language_of(locale: str) -> str:
    """Return the language of the documents of a locale such as `de_CH`."""
    language = locale.partition("_")[0]
    return language if language in LANGUAGES else "en"


def page_text(language: str, name: str, /, **values: object) -> str:
    """Return a text of the pages of customers in a language, with its values as they print themselves."""
    return catalogue(language)["pages"][name].format(**values)


def mail_text(locale: str, name: str, /, **values: object) -> str:
    """Return a text of the mails in the language of a locale, with its values as they print themselves."""
    return catalogue(language_of(locale))["mails"][name].format(**values)
