"""What a seal covers and how: the columns of each table, the bytes of a row, the entry that chains the seals.

The bytes of a row are those of a JSON array without blanks, `["table",value,…]` in UTF-8, in the order of `FORMATS`:
the same on every database, and short enough to be typed by hand. Flags are 0 and 1, days are text, nothing is null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ledger.domain.merkle import leaf_hash

_VERSION: Final = ("batch_id", "source_row_id", "is_withdrawn", "digest")

_FIRST: Final[Mapping[str, tuple[str, ...]]] = {
    "batch": (
        *("id", "kind", "recorded_at", "actor", "program_version", "source", "profile", "profile_sha256"),
        *("settings", "as_of", "is_illustrative", "reverts_id", "note"),
    ),
    "source_content": ("sha256", "size", "content"),
    "source_file": ("id", "batch_id", "name", "sha256", "format", "encoding", "delimiter"),
    "source_sheet": ("id", "file_id", "name", "position", "header_rows", "columns"),
    "source_row": ("id", "sheet_id", "number", "state", "digest"),
    "finding": ("id", "batch_id", "code", "severity", "sheet", "cell", "message", "details"),
    "envelope": ("id", "ref", "batch_id"),
    "envelope_version": (
        *("id", "envelope_id", *_VERSION, "parent_id", "title", "role", "parts", "feeds", "fund_code"),
        *("country_code", "period_start", "period_end", "vintage", "status", "legal_reference", "source", "note"),
    ),
    "programme": ("id", "source", "ref", "batch_id"),
    "programme_version": (
        *("id", "programme_id", *_VERSION, "title", "fund_code", "country_code", "theme_code"),
        *("managing_authority", "start_date", "end_date", "quote", "note"),
    ),
    "project": ("id", "source", "ref", "batch_id"),
    "project_version": (
        *("id", "project_id", *_VERSION, "parent_id", "programme_id", "unit", "fund_code", "country_code"),
        *("theme_code", "title", "summary", "beneficiary", "beneficiary_country", "country_text", "location"),
        *("nuts", "postcode", "city", "start_date", "end_date", "decision_date", "status", "eu_rate", "priority"),
        *("specific_objective", "intervention_type", "theme_text", "call", "url", "year"),
        *("managing_authority", "note"),
    ),
    "project_split": ("id", "version_id", "kind", "code", "share_ppb"),
    "project_earmark": ("id", "version_id", "earmark_code", "share_ppb"),
    "coverage": (*("id", "batch_id", "fund_code", "earmark_code", "country_code", "period_start", "period_end"),),
    "account": (
        *("id", "envelope_id", "programme_id", "project_id", "fund_code", "country_code", "theme_code", "stage"),
        *("basis", "currency", "price_basis", "is_illustrative"),
    ),
    "transfer": (
        *("id", "batch_id", "debit_account_id", "credit_account_id", "amount_minor", "value_date"),
        *("source_row_id", "source_column", "rule", "reverses_id"),
    ),
    "published_figure": ("id", "ref", "batch_id"),
    "published_figure_version": (
        *("id", "figure_id", *_VERSION, "origin", "scope", "kind", "quote", "source", "page", "section"),
        *("qualifier", "value", "unit", "measure", "stage", "basis", "fund", "earmark", "country", "theme"),
        *("period_start", "period_end", "as_of", "envelope", "scope_of", "programme", "denominator", "part_of"),
        *("counting_unit", "rule", "is_target", "scope_cells", "cells_value", "note", "relations", "caveat"),
    ),
    "waiver": ("id", "batch_id", "figure_id", "difference", "reason", "evidence", "valid_until"),
    "rate": ("id", "ref", "batch_id"),
    "rate_version": ("id", "rate_id", *_VERSION, "currency", "rate", "valid_from", "valid_to", "source", "note"),
}
#: format -> table -> columns, in the order of the leaves. A row stands in the order of its first column; of the kept
#: files the third value is the SHA-256 of the bytes as they are stored. A column that is added later needs a new format
#: (seals of the old one stay as they are), and a test says so.
FORMATS: Final[Mapping[int, Mapping[str, tuple[str, ...]]]] = {
    1: _FIRST,
    2: {
        **_FIRST,
        "membership": ("id", "batch_id", "login", "role", "fund_code", "country_code", "is_withdrawn"),
        "batch_scope": ("id", "batch_id", "fund_code", "country_code"),
        "audit_sample": (
            *("id", "batch_id", "method", "parameters", "seed", "population_sha256", "units", "book_minor"),
            *("currency", "sample_size"),
        ),
        "audit_sample_item": (
            *("id", "sample_id", "position", "unit", "source", "ref", "stratum", "is_exhaustive", "book_minor"),
        ),
        "figure_run": ("id", "batch_id", "question", "known_at"),
        "figure_run_result": (
            *("id", "run_id", "position", "version_id", "figure", "verdict", "rule", "unit", "stated", "low", "high"),
            *("low_inclusive", "high_inclusive", "recorded", "is_complete", "waiver_id"),
        ),
    },
}
#: The format that new seals have.
FORMAT: Final = max(FORMATS)
#: What stands for the hash before the first seal.
NO_HASH: Final = "0" * 64
#: Bytes of each leaf hash that are kept beside the seal, so that a row that differs can be named.
HINT: Final = 8

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr)


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of one table that a seal covers: those after `after` up to `last`, `count` of them (None: not known)."""

    after: int
    last: int
    count: int | None


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as it is stored. `ranges` is the JSON text that `spans` reads."""

    batch_id: int
    first_batch_id: int
    format: int
    ranges: str
    leaf_count: int
    root: str
    previous_hash: str
    hash: str

    @property
    def entry(self) -> bytes:
        """The bytes whose RFC 6962 leaf hash is the seal's hash: it holds the previous one, and so all before it."""
        head = _encoder.encode(["euledger-seal", self.format, self.first_batch_id, self.batch_id])
        tail = _encoder.encode([self.leaf_count, self.root, self.previous_hash])
        return _bytes(f"{head[:-1]},{self.ranges},{tail[1:]}")

    @property
    def entry_hash(self) -> str:
        """What `hash` must be."""
        return leaf_hash(self.entry).hex()

    def spans(self) -> dict[str, Span]:
        """The rows that the seal covers, by table. Raises ValueError where `ranges` is not what a seal says."""
        read = json.loads(self.ranges)
        spans = {table: Span(*map(int, span)) for table, span in read.items()}
        if ranges_text(spans) != self.ranges or set(spans) != set(FORMATS.get(self.format, ())):
            raise ValueError("not the ranges of a seal")
        return spans


def ranges_text(spans: Mapping[str, Span]) -> str:
    """The one way in which spans are written down."""
    return _encoder.encode({table: [span.after, span.last, span.count] for table, span in spans.items()})


def row_bytes(row: Sequence[Any]) -> bytes:
    """The bytes of one row; its first value is the name of the table."""
    return _bytes(_encoder.encode(row))


def row_hashes(rows: Iterable[bytes]) -> list[bytes]:
    """The leaf hashes of rows."""
    return [sha256(b"\0" + row).digest() for row in rows]


def _bytes(text: str) -> bytes:
    # Bytes that are no UTF-8 can only come from a spoilt file; they are hashed as they are, and so differ.
    return text.encode("utf-8", "surrogateescape")
