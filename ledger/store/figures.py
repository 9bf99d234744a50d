"""Published figures as they stand, and what the ledger says it holds completely."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ledger.domain.figures import Figure
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
class Holder:
    """The programme, or project, that a figure names; `quote` is what its own record quotes."""

    ref: str
    is_programme: bool
    quote: str | None


def batch_known_at(connection: Connection, known_at: int | datetime | None) -> int | None:
    """The number of the last batch that was known: the number itself, or the last one recorded by that moment."""
    if known_at is None or isinstance(known_at, int):
        return known_at
    from datetime import UTC

    moment = known_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    last = connection.execute(select(func.max(Batch.id)).where(Batch.recorded_at <= moment)).scalar()
    return int(last or 0)


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
    gone = set(
        connection.execute(ids.where(PublishedFigure.ref == ref, version.is_withdrawn.is_(True))).scalars()
    )
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
            int(row["batch_id"]), bool(row["is_illustrative"]), row["fund_code"], row["earmark_code"],
            row["country_code"], row["period_start"], row["period_end"],
        )
        for row in connection.execute(
            query.with_only_columns(*Coverage.__table__.columns, Batch.is_illustrative)
        ).mappings()
    ]


class Places:
    """Groups of countries, read once: what a stated code stands for."""

    def __init__(self, connection: Connection) -> None:
        groups = connection.execute(select(CountryGroup.code, CountryGroup.region_code))
        self._region: dict[str, str | None] = {code: region for code, region in groups}
        self._group_of = {region: code for code, region in self._region.items() if region}
        self._members: dict[str, list[tuple[str, date | None, date | None]]] = {code: [] for code in self._region}
        member = CountryGroupMember
        for group, country, start, end in connection.execute(
            select(member.group_code, member.country_code, member.valid_from, member.valid_to).order_by(member.id)
        ):
            self._members[group].append((country, start, end))

    def scope(
        self, codes: tuple[str, ...], start: date | None = None, end: date | None = None
    ) -> tuple[str, ...]:
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
                if inner and theirs and theirs <= members.keys():
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
    parents = {code: parent for code, parent in connection.execute(select(Theme.code, Theme.parent_code))}
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
