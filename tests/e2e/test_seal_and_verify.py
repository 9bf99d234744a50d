"""`seal` and `verify` as they are typed: what is written, said and refused, and how each run ends."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.store.database import Database, parse_url
from tests.audit.ledgers import loosen, rebalance, reseal, tamper, tampering, truncate
from tests.audit.test_timestamp import OPENSSL, Authority
from tests.e2e.conftest import Run

Typed = Callable[..., Run]


@pytest.fixture
def typed(euledger: Typed, shipped: Path) -> Typed:
    """A command on a shipped ledger of the test's own."""
    return lambda *arguments: euledger("--db", shipped, *arguments)


@pytest.fixture
def database(shipped: Path) -> Database:
    return Database(parse_url(str(shipped)))


@pytest.fixture
def kept(typed: Typed, tmp_path: Path) -> Path:
    """A checkpoint signed with a key of its own."""
    done = typed("seal", "--new-key", tmp_path / "k", "-o", tmp_path / "kept.txt")
    assert done.code == 0, done.err
    return tmp_path / "kept.txt"


def codes(done: Run) -> list[str]:
    return [finding["code"] for finding in done.json["findings"]]


def test_verify_is_silent_on_the_shipped_ledger(typed: Typed) -> None:
    done = typed("verify")
    assert (done.code, done.out, done.err) == (0, "", "")
    told = typed("verify", "-v", "--reread")
    assert told.code == 0
    for part in ("chain", "rows", "hints", "evidence", "balances", "code-lists", "file", "reread"):
        assert part in told.out
    results = typed("verify", "--reread", "-f", "json").json["results"]
    assert all(result["ok"] and result["checked"] and result["findings"] == [] for result in results)
    rows = {result["name"]: result["checked"] for result in results}
    assert rows["reread"] > 300, "every row of every file that is kept"


def test_verify_names_batch_and_row(typed: Typed, database: Database) -> None:
    tamper(database, "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE id = 77")
    done = typed("verify")
    assert done.code == 1
    assert "batch 1: transfer 77 is not what was sealed [row-changed]" in done.out
    told = typed("verify", "-f", "json").json
    (found,) = [finding for finding in told["findings"] if finding["code"] == "row-changed"]
    assert found["values"] == {"batch": 1, "table": "transfer", "ids": [77], "count": 1}
    assert [r["name"] for r in told["results"] if not r["ok"]] == ["rows", "balances"]


def test_reread_finds_a_row_that_says_something_else(typed: Typed, database: Database) -> None:
    """Whoever computes all seals anew still has the file against him."""
    with database.open() as connection:
        restore = loosen(connection)
        connection.execute(text("UPDATE source_row SET digest = :digest WHERE id = 5"), {"digest": "0" * 64})
        reseal(connection)
        for statement in restore:
            connection.exec_driver_sql(statement)
        connection.commit()
    assert typed("verify").code == 0
    done = typed("verify", "--reread", "-f", "json")
    assert done.code == 1
    (found,) = done.json["findings"]
    assert (found["code"], found["file"], found["sheet"], found["cell"]) == (
        "row-reread",
        "envelopes-2021-2027.xlsx",
        "Envelopes",
        "5",
    )


def test_a_schema_that_was_changed_is_refused(typed: Typed, database: Database) -> None:
    tamper(database, "UPDATE alembic_version SET version_num = '7777'")
    done = typed("verify")
    assert done.code == 4
    assert "made by a newer program" in done.err


def test_a_checkpoint_is_written_and_held_against_the_ledger(typed: Typed, kept: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    lines = kept.read_text("utf-8").splitlines()
    assert lines[0].startswith("euledger/")
    assert lines[7].startswith("— euledger ")
    done = typed("verify", "--checkpoint", kept, "--key", tmp_path / "k.pub")
    assert (done.code, done.out) == (0, "")
    unknown = typed("verify", "--checkpoint", kept)
    assert unknown.code == 0
    assert "[checkpoint-unproven]" in unknown.out
    again = typed("seal", "--key", tmp_path / "k", "-f", "json").json
    assert again["results"]["root"] == typed("seal", "-f", "json").json["results"]["root"]
    assert again["results"]["public_key"] == (tmp_path / "k.pub").read_text().strip()
    assert codes(typed("seal", "-f", "json")) == ["checkpoint-unsigned", "timestamp-absent"]


def test_what_is_wrong_with_key_or_file_is_said(typed: Typed, kept: Path, tmp_path: Path) -> None:
    assert typed("seal", "--new-key", tmp_path / "k").code == 2
    assert typed("seal", "--key", tmp_path / "k", "--new-key", tmp_path / "n").code == 2
    (tmp_path / "k").chmod(0o644)
    done = typed("seal", "--key", tmp_path / "k")
    assert done.code == 2
    assert "chmod 600" in done.err
    assert typed("verify", "--checkpoint", kept, "--key", tmp_path / "k").code == 2, (
        "a private key where a public is due"
    )
    other = typed("seal", "--new-key", tmp_path / "other", "-f", "json").json["results"]["public_key"]
    done = typed("verify", "--checkpoint", kept, "--key", other, "-f", "json")
    assert (done.code, codes(done)) == (1, ["checkpoint-signature"])
    kept.write_text("nothing\n", "utf-8")
    done = typed("verify", "--checkpoint", kept, "-f", "json")
    assert (done.code, codes(done)) == (3, ["checkpoint-unreadable"])
    assert typed("seal", "-o", tmp_path / "no" / "folder.txt").code == 2


def test_an_empty_ledger_has_no_checkpoint(euledger: Typed, bare: Path) -> None:
    done = euledger("--db", bare, "seal", "-f", "json")
    assert (done.code, codes(done)) == (3, ["seal-empty"])


def test_a_broken_chain_is_not_signed(typed: Typed, database: Database, tmp_path: Path) -> None:
    tamper(database, "UPDATE seal SET leaf_count = leaf_count + 1 WHERE batch_id = 2")
    done = typed("seal", "-o", tmp_path / "c.txt", "-f", "json")
    assert (done.code, codes(done)) == (1, ["seal-broken"])
    assert not (tmp_path / "c.txt").exists()


def test_cut_put_back_and_made_anew_are_told(typed: Typed, kept: Path, database: Database, shipped: Path) -> None:
    key = ("--key", kept.parent / "k.pub", "-f", "json")
    whole = shipped.with_name("whole.db")
    database.close()
    shutil.copyfile(shipped, whole)
    for code, spoilt in (
        ("checkpoint-truncated", None),
        ("checkpoint-other", "UPDATE transfer SET amount_minor = 1 WHERE id = 77"),
        ("checkpoint-forked", "UPDATE batch SET note = 'x' WHERE id = 3"),
    ):
        shutil.copyfile(whole, shipped)
        with tampering(database) as connection:
            if spoilt is None:
                truncate(connection, 3)
            else:
                connection.execute(text(spoilt))
                reseal(connection)
                rebalance(connection)
            connection.commit()
        database.close()
        assert typed("verify").code == 0, "the ledger by itself cannot tell"
        done = typed("verify", "--checkpoint", kept, *key)
        assert (done.code, codes(done)) == (1, [code])


def test_a_proof_fits_on_a_page_and_is_held_against_the_checkpoint(typed: Typed, kept: Path, tmp_path: Path) -> None:
    page = typed("seal", "proof", "--row", "transfer:77", "--checkpoint", kept)
    assert page.code == 0
    assert page.out.count("\n") <= 60
    proof = tmp_path / "proof.json"
    assert typed("seal", "proof", "--row", "transfer:77", "--checkpoint", kept, "-o", proof).code == 0
    assert typed("seal", "proof", "--row", "transfer:77", "--checkpoint", kept, "-o", tmp_path / "p.txt").code == 0
    assert (tmp_path / "p.txt").read_text("utf-8") in page.out
    held = typed("verify", "--proof", proof, "--checkpoint", kept, "--key", tmp_path / "k.pub")
    assert (held.code, held.out) == (0, "")
    read = json.loads(proof.read_text("utf-8"))
    read["row"] = read["row"].replace("77", "78", 1)
    proof.write_text(json.dumps(read), "utf-8")
    done = typed("verify", "--proof", proof, "--checkpoint", kept, "-f", "json")
    assert (done.code, codes(done)) == (1, ["proof-broken", "checkpoint-unproven"])


def test_proofs_of_a_reference(typed: Typed) -> None:
    done = typed("seal", "proof", "envelope=MS25.BG.TOTAL,stage=allocated", "-f", "json")
    assert done.code == 0
    held = {proof["said"][1].partition(":")[0] for proof in done.json["results"]}
    assert held == {"MS25.BG.TOTAL", "MS25.BG.AMIF", "MS25.BG.BMVI", "MS25.BG.ISF"}, "what it was given, and gave"
    scoped = typed("seal", "proof", "fund=AMIF,stage=allocated")
    assert scoped.code == 2
    assert "say which" in scoped.err
    assert typed("seal", "proof").code == 2
    assert typed("seal", "proof", "X", "--row", "transfer:1").code == 2
    assert typed("seal", "proof", "nothing-has-this-name").code == 3


def test_the_ledger_continues_that_of_an_older_checkpoint(
    typed: Typed, kept: Path, tmp_path: Path, sheet: Callable[..., Path]
) -> None:
    rows = [["project_ref", "fund", "country", "eu_contribution", "currency"], ["X1", "AMIF", "DE", 100, "EUR"]]
    assert typed("import", sheet(*rows), "--set", "stage=committed").code in (0, 1)
    proof = tmp_path / "proof.json"
    assert typed("seal", "proof", "--since", kept, "--key", tmp_path / "k", "-o", proof).code == 0
    assert typed("verify", "--proof", proof, "--checkpoint", kept, "--key", tmp_path / "k.pub").code == 0
    assert "RFC 6962, section 2.1.2, from 5 to 6 seals" in typed("seal", "proof", "--since", kept).out


@pytest.mark.skipif(OPENSSL is None, reason="openssl, the time-stamp authority of this test, is not there")
def test_a_time_stamp_goes_into_the_checkpoint(typed: Typed, kept: Path, tmp_path: Path) -> None:
    authority, query, reply = Authority(tmp_path / "tsa"), tmp_path / "q.tsq", tmp_path / "r.tsr"
    assert typed("seal", "--key", tmp_path / "k", "-o", kept, "--timestamp-query", query).code == 0
    reply.write_bytes(authority.reply(query.read_bytes()))
    done = typed("seal", "-o", kept, "--timestamp-reply", reply, "-f", "json")
    assert (done.code, codes(done)) == (0, [])
    assert done.json["results"]["timestamp"].endswith("Z")
    keyed = ("--checkpoint", kept, "--key", tmp_path / "k.pub")
    assert typed("verify", *keyed, "--tsa-certificates", authority.certificate).code == 0
    assert codes(typed("verify", *keyed, "-f", "json")) == ["timestamp-unproven"]
    other = Authority(tmp_path / "other")
    done = typed("verify", *keyed, "--tsa-certificates", other.certificate, "-f", "json")
    assert (done.code, codes(done)) == (1, ["timestamp-refused"])
    assert typed("seal", "-o", kept, "--key", tmp_path / "k").code == 0, "a new checkpoint, without a stamp"
    done = typed("verify", *keyed, "--tsa-certificates", authority.certificate, "-f", "json")
    assert (done.code, codes(done)) == (1, ["timestamp-refused"])
    done = typed("seal", "-o", kept, "--timestamp-reply", reply, "-f", "json")
    assert (done.code, codes(done)) == (1, ["timestamp-refused"])
    assert typed("seal", "--timestamp-reply", reply).code == 2
