"""The waiting room of an import: temporary tables that hold a file's rows, records and amounts until they are matched.

Everything is set-based from here on: a file of a million rows passes through the database, not through memory.
`seq` numbers the rows of the file over all its sheets; a row's id in `source_row` is a base plus its `seq`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
)

from ledger.domain.records import NO_COUNTRY, NO_FUND, NO_THEME, Kind, ReadRow, ReadSheet, Record, RowState
from ledger.store.bulk import Buffer
from ledger.store.models import Base


@dataclass(frozen=True, slots=True)
class Holder:
    """How one kind of record is kept: identity table, version table, and its column in `account` and in the version."""

    kind: Kind
    table: str
    version: str
    id_column: str
    has_source: bool
    has_account: bool

    @property
    def attributes(self) -> tuple[str, ...]:
        """The version's columns that a row states."""
        return _stated_columns(self.version, self.id_column)

    @property
    def links(self) -> dict[str, str]:
        """The version's columns that point to another record, and where staging keeps their value."""
        columns = Base.metadata.tables[self.version].columns
        own = {"parent_id": "own_parent_id", "programme_id": "own_programme_id"}
        return {name: staged for name, staged in own.items() if name in columns and name != self.id_column}

    @property
    def staged(self) -> str:
        """The temporary table of the kind."""
        return f"stage_{self.table}"


@cache
def _stated_columns(version: str, id_column: str) -> tuple[str, ...]:
    ours = {"id", id_column, "batch_id", "source_row_id", "is_withdrawn", "digest", "parent_id", "programme_id"}
    return tuple(column.name for column in Base.metadata.tables[version].columns if column.name not in ours)


HOLDERS: dict[Kind, Holder] = {
    Kind.ENVELOPES: Holder(Kind.ENVELOPES, "envelope", "envelope_version", "envelope_id", False, True),
    Kind.PROGRAMMES: Holder(Kind.PROGRAMMES, "programme", "programme_version", "programme_id", True, True),
    Kind.PROJECTS: Holder(Kind.PROJECTS, "project", "project_version", "project_id", True, True),
    Kind.FIGURES: Holder(Kind.FIGURES, "published_figure", "published_figure_version", "figure_id", False, False),
    Kind.RATES: Holder(Kind.RATES, "rate", "rate_version", "rate_id", False, False),
}

#: What a version says where the row says nothing.
_DEFAULTS: dict[str, Any] = {
    "fund_code": NO_FUND,
    "country_code": NO_COUNTRY,
    "theme_code": NO_THEME,
    "role": "node",
    "unit": "operation",
    "origin": "stated",
    "is_target": False,
}
#: The columns of a version that a row states, each with what stands there where it states nothing.
_COLUMNS = {k: tuple((name, _DEFAULTS.get(name)) for name in h.attributes) for k, h in HOLDERS.items()}
_AMOUNT_TYPES = {
    "seq": "integer",
    "place": "integer",
    "source_column": "integer",
    "minor": "bigint",
    "value_date": "date",
}
_RECORD_COLUMNS = ("seq", "ref", "parent_ref", "programme_ref", "envelope_ref", "digest")
_AMOUNT_COLUMNS = (
    "seq",
    "place",
    "kind",
    "stage",
    "basis",
    "country_code",
    "theme_code",
    "fund_code",
    "currency",
    "price_basis",
    "value_date",
    "minor",
    "source_column",
    "rule",
)


@dataclass(slots=True)
class Staged:
    """What was staged: counts by state, and the stated sums of the rows that are not to be posted."""

    rows: Counter[str] = field(default_factory=Counter)
    #: state -> field -> currency -> minor units; POSTED rows are summed later, when their state is known
    stated: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    kinds: set[Kind] = field(default_factory=set)
    seq: int = 0

    def add_stated(self, state: str, values: dict[str, tuple[str, int]]) -> None:
        """Add what one row states to the sums of its state."""
        per_field = self.stated.setdefault(state, {})
        for name, (currency, minor) in values.items():
            per_field.setdefault(name, Counter())[currency] += minor


def create(connection: Connection) -> None:
    """Make the temporary tables anew (they belong to this connection alone)."""
    drop(connection)
    for statement in _definitions():
        connection.exec_driver_sql(statement)


@cache
def _definitions() -> tuple[str, ...]:
    """The CREATE statements; types that both databases know by these names."""
    amount = ", ".join(f"{name} {_AMOUNT_TYPES.get(name, 'text')}" for name in _AMOUNT_COLUMNS)
    made = [
        (
            "CREATE TEMPORARY TABLE stage_row (seq integer PRIMARY KEY, sheet_no integer, number integer, state text, "
            "digest text, changed integer DEFAULT 0)"
        ),
        "CREATE TEMPORARY TABLE stage_stated (seq integer, field text, currency text, minor bigint)",
        "CREATE TEMPORARY TABLE stage_share (seq integer, kind text, code text, share_ppb bigint)",
        (
            f"CREATE TEMPORARY TABLE stage_amount ({amount}, holder_id bigint, credit_id bigint, debit_id bigint, "
            "nth bigint, matched integer DEFAULT 0)"
        ),
        (
            "CREATE TEMPORARY TABLE stage_live (id bigint, kind text, holder_id bigint, credit_id bigint, debit_id bigint, "
            "minor bigint, value_date date, nth bigint, matched integer)"
        ),
        "CREATE INDEX ix_stage_live ON stage_live (credit_id, debit_id, minor)",
    ]
    for holder in HOLDERS.values():
        types = Base.metadata.tables[holder.version].columns
        stated = ", ".join(f"{name} {_sql_type(types[name].type)}" for name in holder.attributes)
        made += [
            (
                f"CREATE TEMPORARY TABLE {holder.staged} (seq integer PRIMARY KEY, ref text, parent_ref text, "
                "programme_ref text, envelope_ref text, digest text, holder_id bigint, own_parent_id bigint, "
                "own_programme_id bigint, envelope_id bigint, is_first integer DEFAULT 0, is_new integer DEFAULT 0, "
                f"new_version integer DEFAULT 0, {stated})"
            ),
            f"CREATE INDEX ix_{holder.staged}_ref ON {holder.staged} (ref)",
            f"CREATE INDEX ix_{holder.staged}_holder ON {holder.staged} (holder_id)",
        ]
    return tuple(made)


def _sql_type(declared: object) -> str:
    if isinstance(declared, Boolean):
        return "boolean"
    return "date" if isinstance(declared, Date) else "text"


def drop(connection: Connection) -> None:
    """Remove the temporary tables."""
    for name in (
        "stage_row",
        "stage_stated",
        "stage_share",
        "stage_amount",
        "stage_live",
        *(h.staged for h in HOLDERS.values()),
    ):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


def stage_sheets(connection: Connection, sheets: list[ReadSheet], progress: Callable[[int], None]) -> Staged:
    """Read every sheet to its end into the waiting room; `progress` is told the number of rows now and then."""
    staged = Staged()
    rows = Buffer(connection, "stage_row", ("seq", "sheet_no", "number", "state", "digest"))
    stated = Buffer(connection, "stage_stated", ("seq", "field", "currency", "minor"))
    shares = Buffer(connection, "stage_share", ("seq", "kind", "code", "share_ppb"))
    amounts = Buffer(connection, "stage_amount", _AMOUNT_COLUMNS)
    for sheet_no, sheet in enumerate(sheets):
        holder = HOLDERS[sheet.kind]
        staged.kinds.add(sheet.kind)
        records = Buffer(connection, holder.staged, (*_RECORD_COLUMNS, *holder.attributes))
        for row in sheet.rows:
            staged.seq += 1
            state = str(row.state)
            rows.add((staged.seq, sheet_no, row.number, state, row.digest))
            staged.rows[state] += 1
            if row.state is RowState.POSTED:
                _stage_record(row, staged.seq, records=records, amounts=amounts, shares=shares)
                for name, (currency, minor) in row.stated.items():
                    stated.add((staged.seq, name, currency, minor))
            elif row.stated:
                staged.add_stated(state, row.stated)
            if staged.seq % 2000 == 0:
                progress(staged.seq)
        records.flush()
    for buffer in (rows, stated, shares, amounts):
        buffer.flush()
    progress(staged.seq)
    return staged


def version_of(record: Record) -> tuple[str, list[Any]]:
    """The digest of what a record says, and the values of its version's attributes in their order.

    What no database takes is replaced in the record and in the values.
    """
    stated = record.attributes
    values = [default if (value := stated.get(name)) is None else value for name, default in _COLUMNS[record.kind]]
    values = [value.isoformat() if isinstance(value, date) else value for value in values]
    if (digest := _digest(record, values)) is None:
        record.ref, record.parent, record.programme = (
            _storable(t) for t in (record.ref, record.parent, record.programme)
        )
        values = [_storable(value) for value in values]
        digest = _digest(record, values)
    assert digest is not None
    return digest, values


def _stage_record(row: ReadRow, seq: int, *, records: Buffer, amounts: Buffer, shares: Buffer) -> None:
    record = row.record
    assert record is not None
    digest, values = version_of(record)
    records.add((seq, record.ref, record.parent, record.programme, record.envelope, digest, *values))
    fund, kind = record.attributes.get("fund_code") or NO_FUND, str(record.kind)
    for place, amount in enumerate(record.amounts):
        day = amount.value_date
        amounts.add(
            (
                seq,
                place,
                kind,
                amount.stage,
                amount.basis,
                amount.country,
                amount.theme,
                fund,
                amount.currency,
                amount.price_basis,
                None if day is None else day.isoformat(),
                amount.minor,
                amount.column,
                amount.rule,
            )
        )
    for named, parts in record.splits.items():
        for code, share in parts.items():
            shares.add((seq, named, code, share))
    for code, share in record.earmarks.items():
        shares.add((seq, "earmark", code, share))


#: What `_json` gives for a text.
_quoted: Callable[[str], str] = json.encoder.encode_basestring


def _json(value: Any) -> str:
    return "null" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _digest(record: Record, values: list[Any]) -> str | None:
    """What makes one version of a record differ from another: everything but its amounts.

    None where a text holds what no database takes: NUL, or half of a surrogate pair.
    """
    # To the byte what `json` writes, with its own function for texts: this runs for every row.
    parts = ["null" if value is None else _quoted(value) if type(value) is str else _json(value) for value in values]
    text = f"[{_json(record.parent)}, {_json(record.programme)}, [{', '.join(parts)}]"
    if record.splits or record.earmarks:
        text += f", {_json(record.splits)}, {_json(record.earmarks)}"
    text += "]"
    if "\\u0000" in text or "\0" in record.ref:
        return None
    try:
        record.ref.encode()
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        return None


def _storable(value: Any) -> Any:
    """The text with U+FFFD for what cannot be stored; the kept file still has it as it was."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
