"""Postal addresses."""

from billproof.model import Model
from billproof.names import Country


class Address(Model):
    """A postal address; country is ISO 3166-1 alpha-2, region the part after the dash in ISO 3166-2."""

    lines: tuple[str, ...]
    city: str
    postal_code: str
    country: Country
    region: str | None = None
