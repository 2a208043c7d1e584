"""What no log may hold: task tokens, addresses, tax numbers, secrets and e-mail addresses."""

import re
from collections.abc import Iterable

from billproof_ops.demo import story

EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+")
TASK_TOKEN = re.compile(r"\bA[QA][A-Z][A-Za-z0-9+/=]{21,}")
API_KEY = re.compile(r"\b[rs]k_(?:test|live)_[A-Za-z0-9]+")


def private_texts() -> set[str]:
    """Return the addresses and tax numbers of the demo's companies and customers."""
    data = story.master_data()
    texts: set[str] = set()
    for account in data.accounts:
        texts.update(account.address.lines)
    for entity in data.legal_entities:
        texts.update(entity.address.lines)
        texts.update(registration.number for registration in entity.tax_registrations)
    texts.update(account.vat_number for account in data.accounts if account.vat_number is not None)
    return texts


def leaks(log: str, known: Iterable[str] = ()) -> set[str]:
    """Return what a log holds that it may not: what is known to be private, and what looks like it."""
    found = {text for text in (*private_texts(), *known) if text in log}
    for pattern in (EMAIL, TASK_TOKEN, API_KEY):
        found.update(pattern.findall(log))
    return found
