"""Merkle trees against the published vectors of RFC 6962 and its logs, and against the definition taken word by word."""

from __future__ import annotations

from hashlib import sha256
from itertools import cycle

import pytest

from ledger.domain.merkle import (
    CHUNK,
    EMPTY,
    Tree,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root,
    root_by_inclusion,
)

# The vectors of the Certificate Transparency logs (merkle_tree_test.cc, reused by Trillian, RFC 6962's reference logs).
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
NODE_0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
NODE_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
NODE_23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
NODE_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODE_45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
NODE_67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODE_4567 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
INCLUSION = [
    (0, 1, []),
    (0, 8, [NODE_1, NODE_23, NODE_4567]),
    (5, 8, [NODE_4, NODE_67, ROOTS[3]]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [NODE_0, NODE_23, NODE_4]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [NODE_1, NODE_23, NODE_4567]),
    (6, 8, [NODE_45, NODE_67, ROOTS[3]]),
    (2, 5, [NODE_23, NODE_4]),
]


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(b"leaf %d" % number) for number in range(count)]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def test_roots_are_those_published() -> None:
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, expected in enumerate(ROOTS, start=1):
        assert root([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == expected


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_proofs_of_inclusion_are_those_published(index: int, size: int, path: list[str]) -> None:
    leaves = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert [node.hex() for node in inclusion_proof(index, leaves)] == path
    found = root_by_inclusion(leaves[index], index, size, [bytes.fromhex(node) for node in path])
    assert found is not None
    assert found.hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_proofs_of_consistency_are_those_published(old: int, new: int, path: list[str]) -> None:
    assert [node.hex() for node in consistency_proof(old, [leaf_hash(leaf) for leaf in LEAVES[:new]])] == path
    nodes = [bytes.fromhex(node) for node in path]
    assert is_consistent(old, bytes.fromhex(ROOTS[old - 1]), new, bytes.fromhex(ROOTS[new - 1]), nodes)


@pytest.mark.parametrize(
    "size", [0, 1, 2, 3, 7, 64, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5, 5 * CHUNK]
)
def test_a_streamed_root_is_that_of_the_definition(size: int) -> None:
    leaves, tree, steps = hashes(size), Tree(), cycle((1, 3, 500, CHUNK, 2 * CHUNK))
    at = 0
    while at < size:
        step = next(steps)
        tree.extend(leaves[at : at + step])
        at += step
    assert len(tree) == size
    assert tree.root() == root(leaves) == by_definition(leaves)


def test_every_proof_of_small_trees_holds_and_no_other() -> None:
    for size in range(1, 20):
        leaves = hashes(size)
        whole = root(leaves)
        for index in range(size):
            path = inclusion_proof(index, leaves)
            assert root_by_inclusion(leaves[index], index, size, path) == whole
            for forged_index in set(range(size)) - {index}:
                assert root_by_inclusion(leaves[index], forged_index, size, path) != whole
            assert root_by_inclusion(leaves[index], index, size, [*path, whole]) != whole
            assert not path or root_by_inclusion(leaves[index], index, size, path[:-1]) != whole
            assert root_by_inclusion(leaf_hash(b"another"), index, size, path) != whole
        for old in range(1, size + 1):
            proof, before = consistency_proof(old, leaves), root(leaves[:old])
            assert is_consistent(old, before, size, whole, proof)
            assert not is_consistent(old, leaf_hash(b"another"), size, whole, proof)
            assert not is_consistent(old, before, size, leaf_hash(b"another"), proof)
            assert not is_consistent(old, before, size, whole, [*proof, whole])
            assert not proof or not is_consistent(old, before, size, whole, proof[:-1])
        assert is_consistent(0, EMPTY, size, whole, [])
        assert not is_consistent(0, whole, size, whole, [])
        assert not is_consistent(size + 1, whole, size, whole, [])
    assert root_by_inclusion(EMPTY, -1, 1, []) is None
    assert root_by_inclusion(EMPTY, 1, 1, []) is None


def test_a_node_is_no_leaf() -> None:
    left, right = hashes(2)
    assert leaf_hash(left + right) != node_hash(left, right)
