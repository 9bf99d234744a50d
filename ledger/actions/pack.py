"""The audit pack: everything behind the ledger's sums in one file, to be checked without the program or a database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from string import Template
from typing import IO, Any

import ledger
from ledger import shipped
from ledger.actions import pack_results, seal
from ledger.actions.check import check_state
from ledger.actions.scope import UsageProblem
from ledger.actions.verify import CODE_LISTS, verify_state
from ledger.audit import keys, packing, timestamp, verify_pack
from ledger.audit.checkpoint import checkpoint_of, compared
from ledger.audit.packing import PackWriter
from ledger.audit.verify import Progress
from ledger.domain.findings import CheckResult, Finding
from ledger.domain.notes import Note
from ledger.domain.sealing import FORMATS, Seal
from ledger.reporting.exact_json import plain
from ledger.reporting.files import replacing
from ledger.store import batches, code_lists, reports, schema
from ledger.store.database import Connection, Database

_ILLUSTRATIVE = "\n  The totals and verdicts in here count INVENTED example data too, because that was asked for."


@dataclass(slots=True)
class Packed:
    """What was packed; `sha256` is empty where nothing was written, and the findings say why."""

    sha256: str = ""
    members: int = 0
    batch: int = 0
    origin: str = ""
    public_key: str | None = None
    verifier: str = ""
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Work:
    """What the parts of one pack are made from."""

    database: Database
    connection: Connection
    seals: list[Seal]
    note: Note
    key: keys.PrivateKey | None
    verified: list[CheckResult]
    with_illustrative: bool
    profile_dirs: Sequence[Path]

    @property
    def head(self) -> int:
        """The last batch."""
        return self.seals[-1].batch_id

    def sealed(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table by column, as they were sealed."""
        columns = FORMATS[self.seals[-1].format][table]
        for piece in packing.rows(self.connection, self.seals, table):
            for line in piece.splitlines():
                yield dict(zip(columns, json.loads(line)[1:], strict=True))


def pack(
    database: Database,
    path: Path,
    *,
    key: Path | None = None,
    checkpoint: Path | None = None,
    with_illustrative: bool = False,
    profile_dirs: Sequence[Path] = (),
    progress: Progress = lambda _what, _rows: None,
) -> Packed:
    """Write the pack of the ledger as it is now to `path`, in one step; equal ledgers give equal bytes.

    The ledger is verified first: one that is not as it was sealed is not packed. The checkpoint is the one given, which
    must be of the present ledger, or a new one whose moment is that of the last batch; `key` signs it and the manifest.
    Raises UsageProblem for a key, checkpoint or path that cannot be used.
    """
    private = seal.signing_key(key, None, "")
    schema.require_current(database)
    done = Packed()
    with database.read() as connection:
        found = seal.chain(connection, done.findings)
        if done.findings:
            return done
        verified = verify_state(connection, progress)
        done.findings += [each for result in verified if result.name != CODE_LISTS for each in result.findings]
        note = _note(connection, found, private, checkpoint, done.findings)
        if note is None or done.findings:
            return done
        work = _Work(database, connection, found, note, private, verified, with_illustrative, profile_dirs)
        try:
            with replacing(path) as draft:
                with draft.open("wb") as file:
                    done.members = _write(work, file)
                done.sha256 = _digest(draft)
        except OSError as error:
            raise UsageProblem(f"cannot write {path}: {error.strerror or error}") from error
    done.batch, done.origin = work.head, note.text.partition("\n")[0]
    done.public_key = None if private is None else str(private.public)
    done.verifier = hashlib.sha256(packing.verifier()).hexdigest()
    if private is None:
        done.findings.append(Finding("checkpoint-unsigned", "the pack is not signed: nothing in it says who made it"))
    return done


def _note(
    connection: Connection,
    found: list[Seal],
    key: keys.PrivateKey | None,
    path: Path | None,
    findings: list[Finding],
) -> Note | None:
    """The checkpoint of the pack: a kept one of the present ledger, else a new one of the moment of the last batch."""
    if path is None:
        head = reports.head(connection)
        assert head is not None  # there is a seal, and so a batch
        text = checkpoint_of(found, head.recorded_at).text
        return Note(text, () if key is None else (key.sign(text),))
    read = seal.read_checkpoint(path, findings)
    if read is None:
        return None
    kept, note = read
    findings += compared(kept, found)
    if not findings and kept.size < len(found):
        raise UsageProblem(
            f"{path} is of batch {kept.batch}, and the ledger is at batch {found[-1].batch_id}: give a checkpoint of "
            "now, or none. The older one is for verify_pack.py --checkpoint"
        )
    if not findings and key is not None and not key.public.signed(note):
        raise UsageProblem(f"{path} is not signed by the key that is to sign the pack")
    return note


def _write(work: _Work, file: IO[bytes]) -> int:
    """Every member in its order; how many there are."""
    writer = PackWriter(file)
    writer.add("README.txt", _readme(work))
    writer.add("verify_pack.py", packing.verifier())
    _checkpoint(work, writer)
    writer.add(verify_pack.SEALS, packing.entries(work.seals))
    _results(work, writer)
    _mappings(work, writer)
    for table in packing.tables(work.seals):
        writer.add(f"journal/{table}.ndjson", packing.rows(work.connection, work.seals, table))
    for digest, name in _sources(work).items():
        writer.add(name, batches.content(work.connection, digest))
    writer.close(None if work.key is None else partial(_signed, work.key))
    return len(writer.members)


def _signed(key: keys.PrivateKey, text: str) -> str:
    return str(Note(text, (key.sign(text),)))


def _readme(work: _Work) -> bytes:
    said = work.note.text.splitlines()
    signers = ", ".join(signature.name for signature in timestamp.without_reply(work.note).signatures)
    template = Template(shipped.templates().joinpath("audit-pack.txt").read_text(encoding="utf-8"))
    return template.substitute(
        ledger=said[0],
        batch=work.head,
        recorded_at=said[5].partition(" ")[2],
        version=ledger.__version__,
        signed=f"Signed by {signers}." if signers else "Not signed.",
        verifier=hashlib.sha256(packing.verifier()).hexdigest(),
        illustrative=_ILLUSTRATIVE if work.with_illustrative else "",
    ).encode()


def _checkpoint(work: _Work, writer: PackWriter) -> None:
    writer.add(verify_pack.CHECKPOINT, str(work.note).encode())
    if work.key is not None:
        writer.add(verify_pack.PUBLIC_KEY, f"{work.key.public}\n".encode())
    reply = timestamp.reply_in(work.note)
    if reply is not None:
        writer.add(verify_pack.STAMP, reply)
        writer.add(verify_pack.STAMPED, str(timestamp.without_reply(work.note)).encode())


def _results(work: _Work, writer: PackWriter) -> None:
    count = work.with_illustrative
    kept = pack_results.balances(work.connection)
    writer.add(verify_pack.BALANCES, (_json(row, indent=None) for row in kept))
    writer.add(verify_pack.TOTALS, _json(pack_results.all_totals(work.connection, with_illustrative=count)))
    figures = pack_results.all_figures(work.database, work.connection, work.head, with_illustrative=count)
    writer.add(verify_pack.FIGURES, _json(figures))
    head = reports.head(work.connection)
    assert head is not None  # there is a seal, and so a batch
    checks = check_state(work.connection, with_illustrative=count, day=date.fromisoformat(head.recorded_at[:10]))
    writer.add(verify_pack.CHECKS, _json({"verify": work.verified, "check": checks}))


def _mappings(work: _Work, writer: PackWriter) -> None:
    imports = _imports(work)
    writer.add(verify_pack.IMPORTS, _json(imports))
    used = {each["profile_sha256"] for each in imports}
    folders = [*shipped.profiles().iterdir(), *(file for folder in work.profile_dirs for file in folder.iterdir())]
    texts = (file.read_bytes() for file in folders if file.name.endswith(".toml") and file.is_file())
    known = {hashlib.sha256(text).hexdigest(): text for text in texts}
    for digest in sorted(used & known.keys()):
        writer.add(f"mappings/profiles/{digest}.toml", known[digest])
    writer.add("mappings/codelists.json", _json(code_lists.entries(work.connection)))


def _imports(work: _Work) -> list[dict[str, Any]]:
    """Each batch with its files, and each file with its sheets and how their columns were read."""
    sheets: dict[int, list[dict[str, Any]]] = {}
    for row in work.sealed("source_sheet"):
        read = {"sheet": row["name"], "header_rows": row["header_rows"], "columns": json.loads(row["columns"])}
        sheets.setdefault(row["file_id"], []).append(read)
    names = _sources(work)
    files: dict[int, list[dict[str, Any]]] = {}
    for row in work.sealed("source_file"):
        kept = {name: row[name] for name in ("name", "sha256", "format", "encoding", "delimiter")}
        kept |= {"member": names[row["sha256"]], "sheets": sheets.get(row["id"], [])}
        files.setdefault(row["batch_id"], []).append(kept)
    told = ((row.pop("id"), row) for row in work.sealed("batch"))
    return [{"batch": number, **row, "files": files.get(number, [])} for number, row in told]


def _sources(work: _Work) -> dict[str, str]:
    """The member of each kept file, by its SHA-256, in the order in which they were first read."""
    named: dict[str, str] = {}
    for row in work.sealed("source_file"):
        named.setdefault(row["sha256"], packing.source_name(row["sha256"], row["name"]))
    return named


def _json(value: Any, indent: int | None = 1) -> bytes:
    return (json.dumps(plain(value), ensure_ascii=False, indent=indent) + "\n").encode("utf-8", "surrogateescape")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
