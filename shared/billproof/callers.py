"""Who calls: an identity that somebody vouches for, an issuer and a subject, never a text that the caller sends.

    AWS signature (SigV4)   issuer iam.amazonaws.com    subject the ARN of the user, or of the role and its session
    token (OIDC, JWT)       issuer the token's `iss`    subject the token's `sub`

Identities are compared whole and exactly: no letter's case, blank or look-alike is passed over. The names of people are
for people to read, so those that look alike are refused when they are published.
"""

import unicodedata
from typing import Annotated

from pydantic import StringConstraints

from billproof.model import Model

IAM = "iam.amazonaws.com"
"""The issuer of identities that a signature of AWS names."""
SCHEDULE = "schedule"
"""Who asks for what no person starts. It may decide nothing."""
NO_PERSON = frozenset({SCHEDULE, "billproof"})
"""Names of callers that are no people: no person of a policy has one."""

_Visible = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,512}$")]


class Identity(Model):
    """An issuer and whom it vouches for; both are visible ASCII, as ARNs, URLs and subjects are."""

    issuer: _Visible
    subject: _Visible

    def __str__(self) -> str:
        """Print it for people."""
        return f"{self.subject} of {self.issuer}"


class Caller(Model):
    """Who calls, and what its token is limited to; a signature, and a token that says nothing of it, to nothing."""

    identity: Identity
    scopes: frozenset[str] = frozenset()


_TOGETHER = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK", "BOPOMOFO": "CJK"}
"""Scripts that one name is written in together with Chinese characters."""


def readable_name(text: str) -> str:
    """Return a person's name in its one normal form (NFKC), with single blanks.

    Raises ValueError for letters of several scripts, and for characters that are neither letters, marks, digits, blanks
    nor of ordinary punctuation: one name could pass for another.
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not name or any(unicodedata.category(letter)[0] in "CS" for letter in name):
        message = "a name is letters, digits, blanks and punctuation"
        raise ValueError(message)
    scripts = {unicodedata.name(letter, "").split()[0] for letter in name if letter.isalpha()}
    if len({_TOGETHER.get(script, script) for script in scripts}) > 1:
        message = "a name is written in one script: letters of another one look alike"
        raise ValueError(message)
    return name
