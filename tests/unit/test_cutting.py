"""Work is cut into pieces that somebody takes at once, and nothing of it is lost."""

from hypothesis import given
from hypothesis import strategies as st

from billproof.cutting import cut


@given(items=st.lists(st.integers(0, 9)), most=st.integers(1, 4), most_size=st.integers(0, 12))
def test_everything_is_there_in_its_order_and_no_piece_is_too_large(
    items: list[int], most: int, most_size: int
) -> None:
    pieces = list(cut(items, most=most, size_of=int, most_size=most_size))
    assert [item for piece in pieces for item in piece] == items
    assert all(1 <= len(piece) <= most for piece in pieces)
    assert all(sum(piece) <= most_size or len(piece) == 1 for piece in pieces)


def test_a_piece_is_as_large_as_it_can_be() -> None:
    assert list(cut([3, 3, 3, 9, 1], most=2, size_of=int, most_size=6)) == [[3, 3], [3], [9], [1]]
    assert list(cut([], most=2, size_of=int, most_size=6)) == []
