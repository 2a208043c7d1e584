"""Sound documents and files that are damaged: what outsiders, broken programs and transfers make of them."""

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

HOSTILE: list[Any] = [
    *(None, True, False, 0, -1, 1e-7, 1e308, 9e22, 2**70, -(2**70), "", " ", "\n", "12\n", "\u0665", "+5", "1_000"),
    *("NaN", "Infinity", "-0", "1e5", "9" * 23, "9" * 24, "0." + "1" * 15, "0." + "1" * 16, "0" * 400),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2013-02-30T00:00:00Z", "2013-01-05T12:00:00+24:00"),
    *("0001-01-01", "9999-12-31", "2013-02-29", "0000-00-00", "../../etc", "a" * 5_000, "\x00", "\u2028", "\ud800"),
    *("=cmd()", "'; drop table", "${jndi:x}", "🦄", [], {}, [[]], [{}], {"": ""}, {"a": {"b": {"c": []}}}, [None] * 50),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every place in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from places(item, (*path, name))


def damaged(document: Any, chance: random.Random) -> str:
    """Damage a document once to three times, and perhaps its bytes."""
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        *before, last = chance.choice(list(places(document))[1:] or [("x",)])
        holder = document
        for name in before:
            holder = holder[name]
        match chance.randrange(6):
            case 0:
                del holder[last]
            case 1 if isinstance(holder, dict):
                holder[chance.choice(["surprise", "", "\n", "kind"])] = copy.deepcopy(chance.choice(HOSTILE))
            case 2 if isinstance(holder, list):
                holder += [copy.deepcopy(holder[last])] * chance.choice([1, 600])
            case _:
                holder[last] = copy.deepcopy(chance.choice(HOSTILE))
        if not document:
            break
    text = json.dumps(document)
    if chance.random() < 0.1:
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice(['"', "{", "\ud800", "\\ud800", "\x00", "[" * 2_000]) + text[place + 1 :]
    return text


_CELLS = re.compile(rb"[^,;:<>\r\n/]+")
"""What stands between the separators of CSV, XML, MT940 and BAI2."""

PIECES = (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"\r", b"<", b"]]>", b"&x;", b"\x1a")
"""Bytes that mean something to a parser, or are no text."""


def damaged_file(data: bytes, chance: random.Random) -> bytes:
    """Damage a file once to three times: its cells, its lines or its bytes."""
    for _ in range(chance.randint(1, 3)):
        cells, lines = list(_CELLS.finditer(data)), data.splitlines(keepends=True)
        match chance.randrange(7):
            case 0 if lines:
                del lines[chance.randrange(len(lines))]
                data = b"".join(lines)
            case 1 if lines:
                place = chance.randrange(len(lines))
                data = b"".join([*lines[:place], *[lines[place]] * chance.choice([2, 300]), *lines[place + 1 :]])
            case 2:
                data = data[: chance.randrange(len(data) + 1)]
            case 3:
                place = chance.randrange(len(data) + 1)
                piece = chance.choice(
                    [b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"\r", b"<", b"]]>", b"&x;", b"\x1a"]
                )
                data = data[:place] + piece + data[place:]
            case _ if cells:
                cell = chance.choice(cells)
                value = chance.choice(HOSTILE)
                text = value if isinstance(value, str) else json.dumps(value)
                data = data[: cell.start()] + text.encode(errors="surrogatepass") + data[cell.end() :]
    return data
