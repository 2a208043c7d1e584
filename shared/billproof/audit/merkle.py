"""Merkle trees as RFC 6962 (section 2.1) defines them: the root of a day's blocks, and the path from one to it."""

import hashlib
from collections.abc import Sequence

LEAF, NODE = b"\x00", b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return hashlib.sha256(NODE + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the hashes of leaves; that of none is the hash of nothing."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256().digest()
    split = _split(len(leaves))
    return node_hash(root(leaves[:split]), root(leaves[split:]))


def path(leaves: Sequence[bytes], index: int) -> list[tuple[str, bytes]]:
    """Return the way from a leaf to the root: at each step the other hash, and whether it is `left` or `right`."""
    if len(leaves) <= 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*path(leaves[:split], index), ("right", root(leaves[split:]))]
    return [*path(leaves[split:], index - split), ("left", root(leaves[:split]))]


def follow(leaf: bytes, steps: Sequence[tuple[str, bytes]]) -> bytes:
    """Return the root that a path leads to from a leaf."""
    for side, other in steps:
        leaf = node_hash(other, leaf) if side == "left" else node_hash(leaf, other)
    return leaf


def _split(number: int) -> int:
    """Return the largest power of two below a number."""
    return 1 << ((number - 1).bit_length() - 1)
