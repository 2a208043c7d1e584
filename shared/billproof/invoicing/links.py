"""Links to the page of a document: whoever has one sees that document, until it ends or a person revokes it.

    link#<digest>       a link was given, and when it ends; its token is stored nowhere
    unlinked#<nnn>      a person revoked all links of the document that were given until then

A token is the id of the document and 192 random bits. What is wrong with one that opens nothing is never said.
"""

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from billproof.errors import Contended, NotFound
from billproof.identities import InvoiceId
from billproof.ids import digest_bytes
from billproof.invoicing.facts import LINK, UNLINKED
from billproof.invoicing.model import Released
from billproof.invoicing.register import Register
from billproof.model import Model
from billproof.periods import instant_text
from billproof.ports import Clock
from billproof.retrying import attempts
from billproof.store_keys import FactName, ordinal_text

RANDOM_BYTES = 24
LINK_DAYS = 90
"""How long a link opens its page: longer than customers take to pay."""
MOST_TOKEN = 600
"""Letters of the longest token that is read."""
MAX_ATTEMPTS = 10


class Link(Model):
    """The fact that a link to a document was given: the digest of its token, from when and until when it opens."""

    digest: str
    given_at: str
    ends_at: str


class RevokedLinks(Model):
    """The fact that a person revoked the links of a document that were given until then."""

    ordinal: int
    revoked_by: str
    revoked_at: str
    reason: str


@dataclass(frozen=True, slots=True)
class CustomerPages:
    """Where the pages of customers are, and what makes the tokens of links to them."""

    url: str
    clock: Clock
    random_text: Callable[[int], str] = secrets.token_urlsafe

    def address(self, token: str) -> str:
        """Return the address of the page that a token opens."""
        return f"{self.url.rstrip('/')}/p/{token}"

    def give_link(self, released: Released, register: Register) -> str:
        """Keep that a link to a document is given, and return its token: nobody can read it off what is kept."""
        named = base64.urlsafe_b64encode(released.invoice.encode()).decode().rstrip("=")
        token = f"{named}.{self.random_text(RANDOM_BYTES)}"
        now = self.clock()
        ends_at = instant_text(now + timedelta(days=LINK_DAYS))
        link = Link(digest=link_name(token), given_at=instant_text(now), ends_at=ends_at)
        register.add(released.invoice, str(FactName(LINK, link.digest)), link)
        return token


def link_name(token: str) -> str:
    """Return the digest that names a link: it is compared as a whole key, so that no time tells of a part of it."""
    return digest_bytes(token.encode(errors="surrogatepass"))


def opened_by(token: str, register: Register, *, now: datetime) -> Released:
    """Return the document that a token opens.

    Raises NotFound, always with the same words, for a token of nothing, one that ended, and one that was revoked.
    """
    try:
        document = str(InvoiceId.parse(_document_of(token)))
        fact = register.fact(document, str(FactName(LINK, link_name(token))))
        released = register.released(document)
    except (NotFound, ValueError, binascii.Error):
        fact = released = None
    if fact is None or released is None or _is_over(Link.model_validate(fact), released, register, now):
        message = "there is no such page"
        raise NotFound(message)
    return released


def revoke_links(document: str, register: Register, *, revoked_by: str, reason: str, now: datetime) -> None:
    """Keep that a person revoked the links of a document; where none opens any more nothing is kept.

    Raises Contended where others kept revoking them.
    """
    for _ in attempts(MAX_ATTEMPTS):
        links, revoked = _told(document, register)
        last = max((fact.revoked_at for fact in revoked), default="")
        if not any(link.given_at > last for link in links):
            return
        ordinal = len(revoked) + 1
        fact = RevokedLinks(ordinal=ordinal, revoked_by=revoked_by, revoked_at=instant_text(now), reason=reason)
        if register.add(document, str(FactName(UNLINKED, ordinal_text(ordinal))), fact):
            return
    message = f"others kept revoking links of {document}"
    raise Contended(message)


def _document_of(token: str) -> str:
    named, dot, _ = token.partition(".")
    if not dot or len(token) > MOST_TOKEN or not token.isascii():
        return ""
    return base64.b64decode(named + "=" * (-len(named) % 4), altchars=b"-_", validate=True).decode()


def _is_over(link: Link, released: Released, register: Register, now: datetime) -> bool:
    if instant_text(now) >= link.ends_at:
        return True
    _, revoked = _told(released.invoice, register)
    return any(link.given_at <= fact.revoked_at for fact in revoked)


def _told(document: str, register: Register) -> tuple[list[Link], list[RevokedLinks]]:
    facts = register.facts(document)
    if facts is None:
        return [], []
    links = [Link.model_validate(facts.facts[name]) for name in facts.names(LINK)]
    return links, [RevokedLinks.model_validate(facts.facts[name]) for name in facts.names(UNLINKED)]
