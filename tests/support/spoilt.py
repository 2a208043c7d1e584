"""What may become of the bytes of an object."""

from collections.abc import Callable

ANOTHER = bytes.fromhex("28b52ffd0400") + b"x"
"""The beginning of a compressed frame: a database reads it, and an empty object, as nothing at all."""
SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _data: b"",
    "cut off": lambda data: data[:-3],
    "no archive": lambda data: b"{" + data,
    "another one's": lambda _data: ANOTHER,
}
