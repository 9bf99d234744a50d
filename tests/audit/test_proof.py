"""Proofs: they hold, they fit on a page, SHA-256 alone checks them, and no forged one is believed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.actions.proofs import prove, prove_continuity
from ledger.actions.scope import UsageProblem
from ledger.actions.seal import seal
from ledger.actions.verify import verify_proof
from ledger.audit.keys import new_key
from ledger.audit.proof import RowProof, parse_proof
from ledger.domain.notes import NoteProblem
from ledger.domain.sealing import FORMAT
from ledger.store.database import Database
from tests.audit.ledgers import sealed_tables, tamper, varied
from tests.builders import amount, post, project


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = varied(database_url)
    yield database
    database.close()


def one(database: Database, row: str, **options: Any) -> RowProof:
    done = prove(database, None, row, **options)
    assert done.findings == []
    (found,) = done.proofs
    assert isinstance(found, RowProof)
    return found


def test_every_row_of_every_table_can_be_proven(ledger: Database) -> None:
    for table in sealed_tables():
        found = one(ledger, f"{table}:1")
        assert found.wrong() == ""
        assert parse_proof(json.dumps(found.as_json())) == found
        assert json.loads(found.row)[0] == table


def test_a_record_s_numbers_are_proven_each(ledger: Database) -> None:
    done = prove(ledger, "P2", None)
    assert [proof.wrong() for proof in done.proofs] == ["", ""]
    said = [proof.said[1] for proof in done.proofs if isinstance(proof, RowProof)]
    assert said == [
        "P2: EUR 20\u00a0000.00, committed, eu, TN",
        "P2: EUR 5\u00a0000.00, paid, eu, TN",
    ]
    assert [f.code for f in prove(ledger, "none", None).findings] == ["reference-unknown"]
    assert [f.code for f in prove(ledger, None, "transfer:9999").findings] == ["row-unknown"]
    for row in ("transfer", "seal:1", "transfer:x", "fund:1"):
        with pytest.raises(UsageProblem, match="names no row"):
            prove(ledger, None, row)


def by_hand(page: str) -> bytes:
    """The root that a page leads to, with SHA-256 and nothing of ours."""
    row, seal = (
        "".join(line[3:] for line in lines.splitlines() if line.startswith("   ") and not line.startswith("   Its "))
        for lines in re.findall(r"^[13]\. .*?:\n(.*?)^   (?:Its values|= )", page, re.DOTALL | re.MULTILINE)
    )
    found = b""
    for line, steps in ((row, r"^2\. .*?(?=^3\.)"), (seal, r"^4\. .*?(?=^5\.)")):
        found = sha256(b"\0" + line.encode()).digest()
        assert f"   = {found.hex()}\n" in page
        (part,) = re.findall(steps, page, re.DOTALL | re.MULTILINE)
        for side, other in re.findall(r"^   ([LR]) ([0-9a-f]{64})$", part, re.MULTILINE):
            node = bytes.fromhex(other)
            found = sha256(b"\1" + (node + found if side == "L" else found + node)).digest()
        assert f"   = {found.hex()}\n" in part
        if line == row:
            assert found.hex() in seal, "the seal holds the root of its batch"
    return found


def test_a_page_is_checked_by_hand(ledger: Database) -> None:
    post(ledger, [project(f"N{n}", amount(n)) for n in range(1, 200)], file="many.xlsx")
    for row in ("transfer:1", "transfer:50", "project_version:100", "batch:3", "published_figure_version:1"):
        found = one(ledger, row)
        page = found.page()
        assert by_hand(page) == base64.b64decode(found.checkpoint.splitlines()[2])
        assert page.count("\n") <= 60, "one page"
        assert max(map(len, page.splitlines())) <= 120


def test_no_forged_proof_is_believed(ledger: Database) -> None:
    """What 1.4.0 of immudb's client did not do: every part of the proof is forged in turn."""
    genuine = one(ledger, "transfer:3")
    told = genuine.as_json()
    assert parse_proof(json.dumps(told)).wrong() == ""
    forged: list[dict[str, Any]] = []
    for key in ("in_batch", "in_log"):
        path = told[key]
        forged += [
            {**told, key: {**path, "index": path["index"] ^ 1}},
            {**told, key: {**path, "size": path["size"] + 1}},
            {**told, key: {**path, "size": path["size"] * 2}},
            {**told, key: {**path, "hashes": path["hashes"][1:]}},
            {**told, key: {**path, "hashes": path["hashes"][:-1]}},
            {**told, key: {**path, "hashes": [*path["hashes"], path["hashes"][0]]}},
            {**told, key: {**path, "hashes": path["hashes"][::-1]}},
            {**told, key: {"index": 0, "size": 1, "hashes": []}},
        ]
    other = one(ledger, "transfer:4").as_json()
    forged += [
        {**told, "row": other["row"]},
        {**told, "row": told["row"].replace("3", "4", 1)},
        {**told, "seal": told["seal"].replace(f",{FORMAT},1,1,", f",{FORMAT},1,2,", 1)},
        {**told, "seal": other["checkpoint"]},
        {**told, "checkpoint": told["checkpoint"].replace("batch 5", "batch 6").replace("\n5\n", "\n6\n")},
        {**told, "row": told["seal"]},
    ]
    assert told not in forged
    for each in forged:
        try:
            read = parse_proof(json.dumps(each))
        except NoteProblem:
            continue
        assert read.wrong(), each


def test_an_inner_node_is_no_row(ledger: Database) -> None:
    """The second preimage that the leaf's own byte is there for."""
    genuine = one(ledger, "transfer:3")
    lower = genuine.in_batch.hashes[0]
    shorter = type(genuine.in_batch)(genuine.in_batch.index >> 1, genuine.in_batch.size, genuine.in_batch.hashes[1:])
    from dataclasses import replace

    forged = replace(genuine, row='["transfer",3,"' + lower.hex() + '"]', in_batch=shorter)
    assert forged.wrong()


@pytest.mark.parametrize(
    "written",
    ["", "[]", "{}", "null", '{"format": "euledger-proof/2"}', '{"format": "euledger-proof/1"}', "[" * 100_000],
)
def test_what_is_no_proof_is_refused(written: str) -> None:
    with pytest.raises(NoteProblem):
        parse_proof(written)


def test_a_proof_is_held_against_checkpoint_and_key_without_a_ledger(ledger: Database, tmp_path: Path) -> None:
    key = new_key(tmp_path / "k", "office")
    kept = tmp_path / "kept.txt"
    kept.write_text(str(seal(ledger, key).note), "utf-8")
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(one(ledger, "transfer:3", checkpoint=kept).as_json()), "utf-8")
    good = verify_proof(file, checkpoints=[kept], key=str(key.public))
    assert [(r.name, r.ok, r.findings) for r in good] == [
        ("proof", True, []),
        ("checkpoint", True, []),
        ("signature", True, []),
    ]
    other = new_key(tmp_path / "o", "office")
    assert codes(verify_proof(file, key=str(other.public))) == ["checkpoint-signature"]
    assert codes(verify_proof(file)) == ["checkpoint-unproven"]
    newer = tmp_path / "newer.txt"
    post(ledger, [project("P6", amount(6))], file="more.xlsx")
    newer.write_text(str(seal(ledger, key).note), "utf-8")
    assert codes(verify_proof(file, checkpoints=[newer], key=str(key.public))) == ["proof-elsewhere"]
    assert one(ledger, "transfer:3", checkpoint=kept).wrong() == "", "an older checkpoint still covers the row"
    file.write_text("{}", "utf-8")
    assert codes(verify_proof(file)) == ["proof-unreadable"]


def codes(results: list[Any]) -> list[str]:
    return [finding.code for result in results for finding in result.findings]


def test_a_checkpoint_continues_an_older_one(ledger: Database, tmp_path: Path) -> None:
    key = new_key(tmp_path / "k", "office")
    kept = tmp_path / "kept.txt"
    kept.write_text(str(seal(ledger, key).note), "utf-8")
    for number in range(3):
        post(ledger, [project(f"Q{number}", amount(6))], file=f"more{number}.xlsx")
    (proof,) = prove_continuity(ledger, kept, key=key).proofs
    assert proof.wrong() == ""
    assert proof.page().count("\n") <= 60
    told = proof.as_json()
    assert parse_proof(json.dumps(told)) == proof
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(told), "utf-8")
    assert codes(verify_proof(file, checkpoints=[kept], key=str(key.public))) == []
    for hashes in (told["hashes"][1:], told["hashes"][:-1], [*told["hashes"], "00" * 32], told["hashes"][::-1]):
        assert parse_proof(json.dumps({**told, "hashes": hashes})).wrong()
    assert parse_proof(json.dumps({**told, "older": told["newer"], "newer": told["older"]})).wrong()
    tamper(ledger, "DELETE FROM seal_hint WHERE batch_id > 4", "DELETE FROM seal WHERE batch_id > 4")
    assert [f.code for f in prove_continuity(ledger, kept).findings] == ["checkpoint-truncated"]
