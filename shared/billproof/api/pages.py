"""Lists that are read page by page: a cursor says where the next page begins, and is nobody's to make up.

A cursor holds a place in a list, not whose list it is: the request names that each time, and its caller is checked.
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Annotated

from pydantic import Field, ValidationError

from billproof.api.problems import Problem
from billproof.model import Model, Whole

MOST_ITEMS = 1_000


class AskedPage(Model):
    """How many items to return at most, and the `next` of the page before."""

    limit: Annotated[Whole, Field(ge=1, le=MOST_ITEMS, description="Items of a page, at most.")] = 100
    cursor: Annotated[str, Field(max_length=4_000, description="`next` of the page before; none begins.")] = ""


class ListPage[T](Model):
    """Some items of a list, and the cursor of the page that follows, where there is one."""

    items: tuple[T, ...]
    next: str | None


def cursor_of(place: Model) -> str:
    """Write a place in a list as a cursor."""
    return base64.urlsafe_b64encode(place.model_dump_json().encode()).decode()


def place_of_cursor[P: Model](cursor: str, first: P) -> P:
    """Read a cursor of a list; none is its first place. Raises Problem (400) for what is no cursor of such a list."""
    if not cursor:
        return first
    try:
        return type(first).model_validate_json(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, ValidationError):
        detail = "cursor: this is not the `next` of a page"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail) from None


class _NameInList(Model):
    """The name of the last item of a page."""

    name: str


def page_by_name[T](items: Iterable[T], name: Callable[[T], str], page: AskedPage) -> ListPage[T]:
    """Return a page of a list that is in memory: what follows the item that the cursor names.

    Where that item is gone the list begins anew: nothing is left out.
    """
    known = list(items)
    after = place_of_cursor(page.cursor, _NameInList(name="")).name
    start = next((index for index, item in enumerate(known, start=1) if name(item) == after), 0) if after else 0
    taken = known[start : start + page.limit]
    more = start + page.limit < len(known)
    return ListPage(items=tuple(taken), next=cursor_of(_NameInList(name=name(taken[-1]))) if more else None)
