"""Names as they can be compared: without legal forms, departments and signs on letters, and how alike two are."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

ALIKE = 85
"""How alike a name must be (rapidfuzz's token_set_ratio, of 100) for its account to be one that may have paid."""
CLEARLY_ALIKE = 92
"""How alike they must be letter by letter (rapidfuzz's ratio) to be sure, where no other account's is alike."""
SHORTEST_CUT = 18
"""Letters and digits that a name has at least where banks may have cut off what follows."""
_FORMS_TEXT = (
    "ab ag aktiengesellschaft aps as asa bv bvba co company corp corporation eg eireli ek epp eurl ev gbr "
    "gesellschaft gie gmbh inc incorporated kft kg kgaa kk limited llc lllp llp lp ltd ltda mbh nv ohg ooo oy "
    "oyj plc pllc pte pty pvt sa sarl sas sasu sca scop se sl slu snc spa sprl srl sro ug zoo"
)
_FORMS = frozenset(_FORMS_TEXT.split())
_SAME_FORM = {
    "limited": "ltd",
    "incorporated": "inc",
    "corporation": "corp",
    "company": "co",
    "aktiengesellschaft": "ag",
}
_LEFT_OUT_TEXT = "and und et y e the accounts payable accounting buchhaltung treasury finance"
_LEFT_OUT = frozenset(_LEFT_OUT_TEXT.split())
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_SOUNDS = "\u3099\u309a"
"""The signs of Japanese that make another letter: without them one company has the name of another."""
_TWO_LETTERS = re.compile(r"(?<=[aou])e")
_NUMBER = re.compile(r"[0-9]+|\b(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})\b")
"""Digits, or a number as in `Fund III`."""
_WORD = re.compile(r"[^\W_]+(?:[\u3099\u309a][^\W_]*)*")


@dataclass(frozen=True, slots=True)
class ComparableName:
    """A name's words without its legal form, and with it; `joined` has no blanks."""

    bare: str
    forms: tuple[str, ...]
    joined: str


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The names of accounts, by what they are compared by."""

    names: dict[str, ComparableName]
    by_bare: dict[str, tuple[str, ...]]

    def named_so(self, name: ComparableName) -> frozenset[str]:
        """Return the accounts that have a name, in full if some have, and otherwise without the legal form."""
        return self.named_exactly(name) | (self._begun_so(name) if not name.forms else frozenset())

    def named_exactly(self, name: ComparableName) -> frozenset[str]:
        """Return the accounts whose whole name it is, with the same legal form where it has one."""
        same = self.by_bare.get(name.bare, ())
        return frozenset(account for account in same if not name.forms or self.names[account].forms == name.forms)

    def cut_so(self, name: ComparableName) -> frozenset[str]:
        """Return the accounts whose names begin with what may be cut off."""
        return self._begun_so(name)

    def _begun_so(self, name: ComparableName) -> frozenset[str]:
        if len(name.joined) < SHORTEST_CUT:
            return frozenset()
        numbers = _NUMBER.findall(name.bare)
        return frozenset(
            account
            for account, other in self.names.items()
            if other.joined.startswith(name.joined) and _NUMBER.findall(other.bare)[: len(numbers)] == numbers
        )

    def is_like(self, account: str, name: ComparableName) -> bool:
        """Say whether a name is like an account's, or the beginning of it."""
        other = self.names.get(account)
        if other is None:
            return False
        is_begun = bool(name.joined) and other.joined.startswith(name.joined)
        return is_begun or fuzz.token_set_ratio(name.bare, other.bare) >= ALIKE

    def is_clearly(self, account: str, name: ComparableName, strokes: int = 1) -> bool:
        """Say whether a name is an account's but for a stroke or so in a word, with no other legal form."""
        other = self.names[account]
        if name.forms and other.forms and name.forms != other.forms:
            return False
        if len(name.joined) >= SHORTEST_CUT and other.joined.startswith(name.joined):
            return _NUMBER.findall(name.bare) == _NUMBER.findall(other.bare)
        return (
            not _are_told_apart(name.bare, other.bare, strokes) and fuzz.ratio(name.bare, other.bare) >= CLEARLY_ALIKE
        )

    def alike(self, name: ComparableName) -> frozenset[str]:
        """Return the accounts whose names are alike."""
        if not name.bare:
            return frozenset()
        choices = {account: other.bare for account, other in self.names.items()}
        rows = process.extract(name.bare, choices, scorer=fuzz.token_set_ratio, score_cutoff=ALIKE, limit=None)
        return frozenset(account for _, _, account in rows)


@lru_cache(maxsize=4)
def name_index(names: tuple[tuple[str, str], ...]) -> NameIndex:
    """Index the names of accounts, given with their ids; those of one legal entity are asked for again and again."""
    comparable = {account: comparable_name(name) for account, name in sorted(names)}
    by_bare: dict[str, list[str]] = {}
    for account, name in comparable.items():
        by_bare.setdefault(name.bare, []).append(account)
    return NameIndex(comparable, {bare: tuple(accounts) for bare, accounts in by_bare.items() if bare})


@lru_cache(maxsize=65_536)
def comparable_name(name: str) -> ComparableName:
    """Return what a name is compared by: small letters without signs, `ue` as `u`, no legal form, no department."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS).replace(".", ""))
    letters = "".join(letter for letter in folded if letter in _SOUNDS or not unicodedata.combining(letter))
    words = _single_letters_joined(_WORD.findall(_TWO_LETTERS.sub("", letters)))
    words = [word for word in words if word not in _LEFT_OUT] or words
    bare = [word for word in words if word not in _FORMS]
    forms = tuple(sorted(_SAME_FORM.get(word, word) for word in words if word in _FORMS))
    return ComparableName(" ".join(bare or words), forms if bare else (), "".join(words))


def _are_told_apart(one: str, other: str, strokes: int) -> bool:
    """Say whether two names differ as those of two companies: `West` and `East`, `Fund 21` and `22`, `II` and `III`.

    So do `Nordost` and `Nordwest`, and a name with one word more. A slip of the finger is a stroke in a word.
    """
    if _NUMBER.findall(one) != _NUMBER.findall(other):
        return True
    words, others = one.split(), other.split()
    if len(words) != len(others):
        return OSA.distance("".join(words), "".join(others), score_cutoff=strokes) > strokes
    return any(
        a[0] != b[0] or OSA.distance(a, b, score_cutoff=strokes) > strokes for a, b in zip(words, others, strict=True)
    )


def _single_letters_joined(words: list[str]) -> list[str]:
    """Join letters that stand alone: `S. A.` and `S A` are `SA`."""
    joined: list[str] = []
    was_letter = False
    for word in words:
        if len(word) == 1 and was_letter:
            joined[-1] += word
        else:
            joined.append(word)
        was_letter = len(word) == 1
    return joined
