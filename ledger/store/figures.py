"""Published figures as they stand, and what the ledger says it holds completely."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ledger.domain.figures import Figure
from ledger.domain.stages import Basis, Stage
from ledger.store import envelopes
from ledger.store.cells import CellPlace, column_number
from ledger.store.models import (
    Batch,
    CountryGroup,
    CountryGroupMember,
    Coverage,
    Programme,
    ProgrammeVersion,
    Project,
    ProjectVersion,
    PublishedFigure,
    PublishedFigureVersion,
    SourceFile,
    SourceRow,
    SourceSheet,
    Theme,
)
from ledger.store.totals import Filter

#: A scope that means everywhere.
WORLD = "R-WORLD"


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A standing statement of a batch that it is the complete list for a scope (None: not limited)."""

    batch: int
    is_illustrative: bool
    fund: str | None
    earmark: str | None
    country: str | None
    period_start: date | None
    period_end: date | None


@dataclass(frozen=True, slots=True)
class FoundFigure:
    """A figure with the cell that states it; None where it was not read from a file."""

    figure: Figure
    cell: CellPlace | None

    @property
    def ref(self) -> str:
        """Its name."""
        return self.figure.ref

    @property
    def quote(self) -> str | None:
        """Its wording."""
        return self.figure.quote


@dataclass(frozen=True, slots=True)
class Holder:
    """The programme, or project, that a figure names; `quote` is what its own record quotes."""

    ref: str
    is_programme: bool
    quote: str | None


def current(connection: Connection, known_at: int | None = None) -> list[Figure]:
    """Every figure that is not withdrawn, in the order in which they were first entered."""
    version = PublishedFigureVersion
    newest = select(func.max(version.id)).group_by(version.figure_id)
    if known_at is not None:
        newest = newest.where(version.batch_id <= known_at)
    return _figures(connection, version.id.in_(newest), version.is_withdrawn.is_(False))


def versions(connection: Connection, ref: str) -> list[tuple[Figure, bool]]:
    """Every version of a figure, oldest first, with whether it is a withdrawal."""
    version = PublishedFigureVersion
    ids = select(version.id).join(PublishedFigure, PublishedFigure.id == version.figure_id)
    gone = set(connection.execute(ids.where(PublishedFigure.ref == ref, version.is_withdrawn.is_(True))).scalars())
    found = _figures(connection, PublishedFigure.ref == ref)
    return [(figure, figure.version_id in gone) for figure in found]


def _figures(connection: Connection, *conditions: ColumnElement[bool]) -> list[Figure]:
    version = PublishedFigureVersion
    own = {field.name for field in fields(Figure)} & {column.name for column in version.__table__.columns}
    columns: list[Any] = [version.__table__.c[name] for name in sorted(own)]
    query = (
        select(
            PublishedFigure.ref,
            version.id.label("version_id"),
            version.batch_id.label("batch"),
            Batch.is_illustrative,
            SourceFile.name.label("file"),
            SourceSheet.name.label("sheet"),
            SourceRow.number.label("row"),
            *columns,
        )
        .join(PublishedFigure, PublishedFigure.id == version.figure_id)
        .join(Batch, Batch.id == version.batch_id)
        .outerjoin(SourceRow, SourceRow.id == version.source_row_id)
        .outerjoin(SourceSheet, SourceSheet.id == SourceRow.sheet_id)
        .outerjoin(SourceFile, SourceFile.id == SourceSheet.file_id)
        .where(*conditions)
        .order_by(version.figure_id, version.id)
    )
    return [
        Figure(**{**row, "file": row["file"] or "", "sheet": row["sheet"] or ""})
        for row in connection.execute(query).mappings()
    ]


def coverage(
    connection: Connection, known_at: int | None = None, *, with_illustrative: bool = False
) -> list[CoverageRow]:
    """What standing batches state to be complete; statements of reverted batches have fallen with them."""
    undone = select(Batch.reverts_id).where(Batch.reverts_id.is_not(None))
    query = select(Coverage, Batch.is_illustrative).join(Batch, Batch.id == Coverage.batch_id)
    if known_at is not None:
        undone = undone.where(Batch.id <= known_at)
        query = query.where(Coverage.batch_id <= known_at)
    if not with_illustrative:
        query = query.where(Batch.is_illustrative.is_(False))
    query = query.where(Coverage.batch_id.not_in(undone)).order_by(Coverage.id)
    return [
        CoverageRow(
            int(row["batch_id"]),
            bool(row["is_illustrative"]),
            row["fund_code"],
            row["earmark_code"],
            row["country_code"],
            row["period_start"],
            row["period_end"],
        )
        for row in connection.execute(
            query.with_only_columns(*Coverage.__table__.columns, Batch.is_illustrative)
        ).mappings()
    ]


class Places:
    """Groups of countries, read once: what a stated code stands for."""

    def __init__(self, connection: Connection) -> None:
        groups = connection.execute(select(CountryGroup.code, CountryGroup.region_code))
        self._region: dict[str, str | None] = {row.code: row.region_code for row in groups}
        self._group_of = {region: code for code, region in self._region.items() if region}
        self._members: dict[str, list[tuple[str, date | None, date | None]]] = {code: [] for code in self._region}
        member = CountryGroupMember
        for group, country, start, end in connection.execute(
            select(member.group_code, member.country_code, member.valid_from, member.valid_to).order_by(member.id)
        ):
            self._members[group].append((country, start, end))

    def scope(self, codes: tuple[str, ...], start: date | None = None, end: date | None = None) -> tuple[str, ...]:
        """The codes that money of this scope stands on; empty for everywhere.

        A group, named by itself or by its region's code, is its region, its members on some day from `start` to `end`,
        and the regions that lie wholly inside it. A country is itself alone: regional money without a split is not
        its own.
        """
        if WORLD in codes:
            return ()
        found: dict[str, None] = {}
        for code in codes:
            group = code if code in self._members else self._group_of.get(code)
            if group is None:
                found[code] = None
                continue
            members = self._on(group, start, end)
            found.update(dict.fromkeys(members))
            if region := self._region[group]:
                found[region] = None
            for other, inner in self._region.items():
                theirs = self._on(other, start, end)
                if inner and theirs and theirs.keys() <= members.keys():
                    found[inner] = None
        return tuple(found)

    def _on(self, group: str, start: date | None, end: date | None) -> dict[str, None]:
        return {
            country: None
            for country, joined, left in self._members[group]
            if not (joined and end and joined > end) and not (left and start and left < start)
        }


def theme_scope(connection: Connection, codes: tuple[str, ...]) -> tuple[str, ...]:
    """The themes with all that lie under them; empty for all."""
    parents = {row.code: row.parent_code for row in connection.execute(select(Theme.code, Theme.parent_code))}
    found = dict.fromkeys(codes)
    grown = True
    while grown:
        more = [code for code, parent in parents.items() if parent in found and code not in found]
        found.update(dict.fromkeys(more))
        grown = bool(more)
    return tuple(found)


def holder(connection: Connection, ref: str, known_at: int | None = None) -> Holder | None:
    """The programme of this reference that is not withdrawn, else such a project; None when neither is recorded."""
    programme, project = ProgrammeVersion, ProjectVersion
    row = connection.execute(
        select(programme.quote, programme.is_withdrawn)
        .join(Programme, Programme.id == programme.programme_id)
        .where(Programme.ref == ref, *([programme.batch_id <= known_at] if known_at is not None else []))
        .order_by(programme.id.desc())
    ).first()
    if row is not None and not row.is_withdrawn:
        return Holder(ref, is_programme=True, quote=row.quote)
    found = connection.execute(
        select(project.summary, project.note, project.is_withdrawn)
        .join(Project, Project.id == project.project_id)
        .where(Project.ref == ref, *([project.batch_id <= known_at] if known_at is not None else []))
        .order_by(project.id.desc())
    ).first()
    if found is None or found.is_withdrawn:
        return None
    return Holder(ref, is_programme=False, quote=found.summary or found.note)


def scope_filters(
    connection: Connection,
    figure: Figure,
    *,
    with_illustrative: bool = False,
    known_at: int | None = None,
    as_of: date | None = None,
    places: Places | None = None,
) -> list[Filter]:
    """What to sum or count for a figure.

    Two filters, commitments and payments, where it is money of no stated stage: the source may mean either. `as_of` can
    only make the figure's own day earlier.
    """
    places = places or Places(connection)
    until = min((day for day in (figure.as_of, as_of) if day is not None), default=None)
    counted = figure.measure == "count"
    either = [Stage.COMMITTED.value, Stage.PAID.value]
    stages = [figure.stage] if figure.stage or counted else either
    basis = figure.basis or (None if counted else Basis.EU.value)
    return [
        Filter(
            stage=stage,
            bases=(basis,) if basis else (),
            funds=figure.funds,
            countries=places.scope(figure.countries, figure.period_start, figure.last_day),
            themes=theme_scope(connection, figure.themes),
            earmark=figure.earmark,
            units=(figure.counted,) if counted and figure.counted else (),
            period_start=figure.period_start,
            period_end=figure.period_end,
            as_of=until,
            known_at=known_at,
            with_illustrative=with_illustrative,
        )
        for stage in stages
    ]


def holder_filter(
    found: Holder, figure: Figure, *, with_illustrative: bool = False, known_at: int | None = None
) -> Filter:
    """The filter of the programme (or project) that a figure names, at its stage (committed unless it says another)."""
    return Filter(
        stage=figure.stage or Stage.COMMITTED.value,
        bases=(figure.basis or Basis.EU.value,),
        programme=found.ref if found.is_programme else None,
        project=None if found.is_programme else found.ref,
        known_at=known_at,
        with_illustrative=with_illustrative,
    )


# --- for `why` --------------------------------------------------------------------------------------------------------


def find(connection: Connection, ref: str, known_at: int | None = None) -> FoundFigure | None:
    """The figure of this name, exactly as written or, failing that, but for case."""
    known = {figure.ref: figure for figure in current(connection, known_at)}
    figure = known.get(ref) or {name.casefold(): found for name, found in known.items()}.get(ref.casefold())
    return None if figure is None else placed(connection, figure)


def printed_cells(found: FoundFigure) -> list[tuple[str, list[CellPlace]]]:
    """For a printed total: the cells that should add up to it, with a label; else nothing."""
    figure, cell = found.figure, found.cell
    if cell is None or not figure.scope_cells:
        return []
    cells = [
        CellPlace(cell.file, cell.sha256, cell.sheet, number, column)
        for first, last, column in printed_spans(figure)
        for number in range(first, last + 1)
    ]
    return [(f"cells {figure.scope_cells}", cells)]


def printed_spans(figure: Figure) -> list[tuple[int, int, int]]:
    """For a printed total: (first row, last row, column) of the cells that should add up to it."""
    spans = []
    for part in filter(None, (figure.scope_cells or "").replace(";", ",").split(",")):
        first, _, last = part.strip().partition(":")
        (row, column), (end, _) = _address(first), _address(last or first)
        spans.append((row, end, column))
    return spans


def placed(connection: Connection, figure: Figure) -> FoundFigure:
    """The figure with the cell that states it."""
    return FoundFigure(figure, _cell(connection, figure))


def filters(
    connection: Connection, found: FoundFigure, *, with_illustrative: bool = False, known_at: int | None = None
) -> list[tuple[str, Filter]]:
    """What the ledger has against the figure, as labelled filters; empty where it is not measured in money here.

    Of an envelope the amount that it was given is meant, not what it kept after giving to its parts.
    """
    figure = found.figure
    if figure.is_printed_total or figure.scope == "CONTEXT":
        return []
    if figure.envelope:
        return [
            (
                ref,
                Filter(
                    stage=Stage.ALLOCATED.value, envelope=ref, known_at=known_at, with_illustrative=with_illustrative
                ),
            )
            for ref in _meant(connection, figure, known_at)
        ]
    if figure.programme:
        named = holder(connection, figure.programme, known_at)
        if named is None:
            return []
        wanted = holder_filter(named, figure, with_illustrative=with_illustrative, known_at=known_at)
        return [(named.ref, wanted)]
    if figure.measure not in ("sum", "count", "share"):
        return []
    return [
        (f"{figure.ref}: {wanted.stage or 'any stage'}", wanted)
        for wanted in scope_filters(connection, figure, with_illustrative=with_illustrative, known_at=known_at)
    ]


def _meant(connection: Connection, figure: Figure, known_at: int | None) -> list[str]:
    """The envelopes whose stated amounts make up the figure: the parts, or the envelope itself."""
    refs = [(state.ref, state.parent) for state in envelopes.states(connection, known_at)]
    if figure.scope_of == "parts":
        return [ref for ref, parent in refs if parent == figure.envelope]
    return [ref for ref, _ in refs if ref == figure.envelope]


def _cell(connection: Connection, figure: Figure) -> CellPlace | None:
    if figure.is_printed_total:
        file, _, place = figure.ref.partition("!")
        sheet, _, address = place.rpartition("!")
        row, column = _address(address)
    elif figure.row is not None:
        file, sheet, row, column = figure.file, figure.sheet, figure.row, 0
    else:
        return None
    kept = connection.execute(
        select(SourceFile.sha256, SourceSheet.columns)
        .join(SourceSheet, SourceSheet.file_id == SourceFile.id)
        .where(SourceFile.batch_id == figure.batch, SourceFile.name == file, SourceSheet.name == sheet)
    ).first()
    if kept is None:
        return None
    if not column:
        letters = {entry["field"]: entry["letter"] for entry in json.loads(kept.columns)}
        column = column_number(letters.get("value") or letters.get("quote") or "A")
    return CellPlace(file, kept.sha256, sheet, row, column)


def _address(text: str) -> tuple[int, int]:
    """Row and column (1-based) of an A1 address."""
    letters = text.rstrip("0123456789")
    return int(text[len(letters) :]), column_number(letters)
