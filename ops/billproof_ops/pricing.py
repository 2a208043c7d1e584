"""Pricing a request as text: the part of `billproof price` that loads neither AWS nor what draws tables."""

import json
import sys
from pathlib import Path

from pydantic import ValidationError

from billproof.errors import BillproofError, InvalidInput
from billproof.pricing.quoting import PriceRequest, Quote, quote
from billproof_ops.errors import WrongUse


def price_text(text: str, name: str) -> str:
    """Price a request given as JSON and return the quote as JSON.

    Raises WrongUse where it is no price request, and what `quote` raises where it cannot be priced.
    """
    try:
        request = PriceRequest.model_validate_json(text)
    except ValidationError as error:
        problems = [
            f"{_place(problem['loc'])}: {problem['msg']}"
            for problem in error.errors()
            if problem["loc"] != ("charges",)
        ]
        message = f"{name} is not a price request: {'; '.join(problems)}"
        raise WrongUse(message) from None
    return json.dumps(_quoted(request).model_dump(mode="json"), indent=2) + "\n"


def _quoted(request: PriceRequest) -> Quote:
    if request.tax is None:
        return quote(request)
    from billproof.tax.quoting import quote_taxed  # the tax rules take longer to load than a price to compute

    return quote_taxed(request, request.tax)


def _place(path: tuple[int | str, ...]) -> str:
    """Name the place of an error as the request has it: there the price stands beside the charge that it is of."""
    if path[:1] == ("charges",) and len(path) > 1:
        number = int(path[1])
        before: tuple[int | str, ...] = ("others", number - 1) if number else ()
        path = (*before, *(path[2:] if path[2:3] == ("price",) else ("charge", *path[2:])))
    return ".".join(map(str, path)) or "request"


def main(file: str) -> None:
    """Price one file, or standard input where it is -; what goes wrong is one line, as for every verb."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        sys.stdout.write(price_text(text, file))
    except (OSError, UnicodeDecodeError) as error:
        _fail(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}", 2)
    except (WrongUse, InvalidInput) as error:
        _fail(error, 2)
    except BillproofError as error:
        _fail(error, 1)


def _fail(error: object, code: int) -> None:
    sys.stderr.write(f"error {error}\n")
    sys.exit(code)
