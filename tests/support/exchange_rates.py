"""Published exchange rates."""

from billproof.masterdata.exchange_rates import ExchangeRate

ECB = "ECB euro foreign exchange reference rates"


def rate(value: str = "1.3550", day: str = "2013-01-31", version: int = 1, pair: str = "EUR-USD") -> ExchangeRate:
    """A rate of the European Central Bank: dollars for a euro, on the last day of January 2013."""
    return ExchangeRate.model_validate({"id": pair, "day": day, "version": version, "rate": value, "source": ECB})
