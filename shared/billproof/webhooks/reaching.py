"""Which addresses a webhook may go to: https to public ones, so that nobody lets us ask what lies behind our network.

On the embedded stack, and there only, loopback is allowed, and http to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import inet_aton
from urllib.parse import SplitResult, urlsplit

from billproof.errors import InvalidInput

MOST_URL_LETTERS = 2_000
_EMBEDDED = ("localhost", "127.0.0.1", "::1")
_UNICAST = ip_network("2000::/3")
"""All IPv6 that the internet has: beside it lie NAT64, site-local addresses and what may carry an IPv4 address."""
_NOWHERE = tuple(ip_network(text) for text in ("2002::/16", "2001::/32", "3fff::/20", "192.88.99.0/24"))
"""What carries an IPv4 address within (6to4, Teredo), documentation, and relays of 6to4."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where webhooks may go."""

    loopback: bool = False

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Reach":
        """Allow loopback where AWS itself is an emulator on this machine; a function on AWS never sees one."""
        endpoint = environ.get("AWS_ENDPOINT_URL", "")
        return cls(loopback=urlsplit(endpoint).hostname in _EMBEDDED)

    def allows(self, address: str) -> bool:
        """Say whether an address, as a name resolves to it, may be connected to."""
        try:
            parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        if self.loopback and parsed.is_loopback:
            return True
        if isinstance(parsed, IPv6Address) and parsed not in _UNICAST:
            return False
        if any(parsed.version == network.version and parsed in network for network in _NOWHERE):
            return False
        return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved

    def checked(self, url: str) -> SplitResult:
        """Return the parts of an endpoint's URL; raises InvalidInput for one that none goes to, as it is written."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        is_plain = self.loopback and parts.scheme == "http" and parts.hostname in _EMBEDDED
        if (
            not (parts.scheme == "https" or is_plain)
            or not parts.hostname
            or port == 0
            or parts.username is not None
            or parts.password is not None
            or parts.fragment
            or len(url) > MOST_URL_LETTERS
            or not all("!" <= letter <= "~" for letter in url)
        ):
            message = "an endpoint is an https URL with a host, and without a user, a fragment or blanks"
            raise InvalidInput(message)
        if _is_address(parts.hostname) and not self.allows(parts.hostname):
            message = "an endpoint has a public address"
            raise InvalidInput(message)
        return parts


def _is_address(host: str) -> bool:
    """Say whether a host is written as an address, as any resolver reads one (`127.1`, `0x7f000001`)."""
    try:
        inet_aton(host)
    except OSError:
        return ":" in host
    return True
