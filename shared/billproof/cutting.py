"""Cutting work into pieces that somebody takes at once: so many things, and so much of them in all."""

from collections.abc import Callable, Iterable, Iterator


def cut[T](items: Iterable[T], *, most: int, size_of: Callable[[T], int], most_size: int) -> Iterator[list[T]]:
    """Yield the items in their order, in lists of at most `most`, whose sizes add up to at most `most_size`.

    An item that is larger than that is in a list of its own.
    """
    piece: list[T] = []
    size = 0
    for item in items:
        more = size_of(item)
        if piece and (len(piece) == most or size + more > most_size):
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += more
    if piece:
        yield piece
