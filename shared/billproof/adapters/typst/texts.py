"""What documents say in each language: catalogues of texts, and how amounts, dates and quantities are written."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale, localedata
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal

from billproof.masterdata.addresses import Address
from billproof.money import Money
from billproof.periods import Period
from billproof.wording.catalogue import catalogue, language_of


@cache
def _known(name: str) -> Locale:
    """Return a locale, read once: amounts would each read it."""
    return Locale.parse(name)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes in the locale of a customer; texts in its language, or in English where there is no catalogue of it."""

    locale: str

    @property
    def language(self) -> str:
        """The language of the texts."""
        return language_of(self.locale)

    @property
    def _place(self) -> Locale:
        """The locale of amounts and dates: the customer's, so long as its texts are and CLDR has it, as not de_US."""
        if self.locale.partition("_")[0] != self.language:
            return _known("en")
        return _known(self.locale if localedata.exists(self.locale) else self.language)

    def text(self, name: str, /, **values: str) -> str:
        """Return a text of the catalogue with its values."""
        return catalogue(self.language)["texts"][name].format(**values)

    def template(self, name: str) -> str:
        """Return a text of the catalogue as it is."""
        return catalogue(self.language)["texts"][name]

    def reason(self, code: str) -> str:
        """Return why something is taken back."""
        return catalogue(self.language)["reasons"][code]

    def label(self, name: str) -> str | None:
        """Return what a step of a price is called, or None where the catalogue has no word for it."""
        return catalogue(self.language)["labels"].get(name)

    def money(self, amount: Money) -> str:
        """Write an amount."""
        return format_currency(amount.amount, amount.currency, locale=self._place, decimal_quantization=False)

    def price(self, price: Decimal, currency: str) -> str:
        """Write the price of a unit with all of its decimals."""
        return format_currency(price, currency, locale=self._place, decimal_quantization=False)

    def number(self, value: Any) -> str:
        """Write a quantity with all of its decimals."""
        return format_decimal(value, locale=self._place, decimal_quantization=False)

    def day(self, value: date) -> str:
        """Write a day."""
        return format_date(value, format="medium", locale=self._place)

    def month(self, name: str) -> str:
        """Write a month, such as 2013-01."""
        return format_skeleton("yMMM", date.fromisoformat(f"{name}-01"), locale=self._place)

    def span(self, period: Period) -> str:
        """Write the first and the last day of a period."""
        last = period.end.fromordinal(period.end.toordinal() - 1)
        return f"{self.day(period.start)} – {self.day(last)}"

    def country(self, code: str) -> str:
        """Return the name of a country."""
        return str(_known(self.language).territories.get(code, code))

    def address(self, address: Address) -> list[str]:
        """Write an address, line by line."""
        place = " ".join(part for part in (address.postal_code, address.city, address.region) if part)
        return [*address.lines, place, self.country(address.country)]
