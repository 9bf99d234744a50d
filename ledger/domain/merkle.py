"""Merkle trees as Certificate Transparency has them (RFC 6962, section 2): roots, and proofs that anyone can check.

A leaf is hashed with 0x00 before it and a node with 0x01, so that neither can be passed off as the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

#: Leaves that are made into one perfect subtree at a time: any power of two; large enough that no call counts.
CHUNK = 4096
#: The root of a tree without leaves.
EMPTY = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two sides."""
    return sha256(b"\1" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes: the same as RFC 6962's definition, built level by level."""
    level = list(hashes)
    while len(level) > 1:
        odd = level[len(level) & ~1 :]
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\1" + left + right).digest() for left, right in pairs] + odd
    return level[0] if level else EMPTY


class Tree:
    """The root of a tree of any size, from leaf hashes as they come: keeps one chunk and a hash for each level."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: list[bytes] = []
        self._peaks: list[tuple[int, bytes]] = []

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Take more leaf hashes in."""
        self._waiting.extend(hashes)
        start = 0
        while len(self._waiting) - start >= CHUNK:
            self._push(root(self._waiting[start : start + CHUNK]))
            start += CHUNK
        self.size += start
        del self._waiting[:start]

    def root(self) -> bytes:
        """The root of all leaves so far."""
        hashes = [peak for _, peak in self._peaks]
        if self._waiting or not hashes:
            hashes.append(root(self._waiting))
        right = hashes.pop()
        while hashes:
            right = node_hash(hashes.pop(), right)
        return right

    def __len__(self) -> int:
        return self.size + len(self._waiting)

    def _push(self, subtree: bytes) -> None:
        level = 0
        while self._peaks and self._peaks[-1][0] == level:
            subtree = node_hash(self._peaks.pop()[1], subtree)
            level += 1
        self._peaks.append((level, subtree))


def inclusion_proof(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root, nearest first (RFC 6962, section 2.1.1)."""
    path = []
    level = list(hashes)
    while len(level) > 1:
        if (neighbour := index ^ 1) < len(level):
            path.append(level[neighbour])
        odd = level[len(level) & ~1 :]
        level = [node_hash(a, b) for a, b in zip(level[::2], level[1::2], strict=False)] + odd
        index >>= 1
    return path


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a proof of inclusion leads to; None where the proof does not fit the place (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    here, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            found = node_hash(sibling, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        here, last = here >> 1, last >> 1
    return found if last == 0 else None


def consistency_proof(old: int, hashes: Sequence[bytes]) -> list[bytes]:
    """The hashes that show the first `old` leaves to be the start of them all (RFC 6962, section 2.1.2)."""
    return _subproof(old, hashes, is_whole=True) if 0 < old < len(hashes) else []


def _subproof(old: int, hashes: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    size = len(hashes)
    if old == size:
        return [] if is_whole else [root(hashes)]
    split = 1 << (size - 1).bit_length() - 1
    if old <= split:
        return [*_subproof(old, hashes[:split], is_whole=is_whole), root(hashes[split:])]
    return [*_subproof(old - split, hashes[split:], is_whole=False), root(hashes[:split])]


def is_consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a proof shows the tree of `new` leaves to begin with the tree of `old` (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in {0, new}:
        return not path and (old_root == EMPTY if old == 0 else old_root == new_root)
    rest = list(path) if old & (old - 1) else [old_root, *path]
    if not rest:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
