"""A workbook that no profile knows: its tables, and the reading of them where no money is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ledger.domain.findings import Finding, Severity, stops
from ledger.domain.records import Kind, Reading, ReadRow, ReadSheet
from ledger.intake.cells import Sheet, Workbook
from ledger.intake.code_lists import CodeLists
from ledger.intake.columns import columns_read
from ledger.intake.finding_log import FindingLog
from ledger.intake.identify import IdentifiedTable, identify_table
from ledger.intake.lexicon import Lexicon
from ledger.intake.proposal import Proposal, propose
from ledger.intake.proposed_rows import ProposedReader
from ledger.intake.readers.book import ReadFailed
from ledger.intake.settings import Settings
from ledger.intake.workbook_checks import check_sheet

#: Share of the rows of a sheet that stand in another one too before it is a copy, and how many there must be.
_COPIED, _COPIED_ROWS = 0.9, 3


@dataclass(slots=True)
class Identification:
    """The tables of a workbook and all that was noticed. A STOP finding says why it cannot be imported as it is."""

    proposals: list[Proposal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def tables(self) -> list[IdentifiedTable]:
        """The tables, in the order of their sheets."""
        return [proposal.identified for proposal in self.proposals]


def identify_workbook(workbook: Workbook, file: str, lists: CodeLists, settings: Settings) -> Identification:
    """The tables of a workbook, how they would be booked, and the findings on its sheets. Each sheet is read once."""
    made = Identification()
    lexicon = Lexicon.load()
    tables: list[IdentifiedTable] = []
    for position, sheet in enumerate(workbook.sheets):
        try:
            table = identify_table(
                sheet, position, lexicon=lexicon, lists=lists, settings=settings, alone=len(workbook.sheets) == 1
            )
        except ReadFailed as failure:
            made.findings.append(failure.finding)
            continue
        if table is None or not any(column.field for column in table.columns):
            _skip(made, file, sheet)
        elif (other := _copied(table, tables)) is not None:
            message = f"the sheet repeats the rows of {other.name!r}"
            made.findings.append(Finding("sheet-copy", message, file, table.name))
            table.rows.release()
        else:
            tables.append(table)
    for table in _with_data(tables):
        log = FindingLog(file, table.name, made.findings)
        check_sheet(table, log)
        made.proposals.append(propose(table, settings, log))
        log.close()
    if not made.proposals and not stops(made.findings):
        message = "no sheet has a header whose words are known"
        made.findings.append(Finding("header-missing", message, file))
    return made


def _skip(made: Identification, file: str, sheet: Sheet) -> None:
    made.findings.append(Finding("sheet-skipped", "no table was recognised in this sheet", file, sheet.name or ""))


def _with_data(tables: list[IdentifiedTable]) -> list[IdentifiedTable]:
    """The tables that are read: those with amounts; all where none has any."""
    return [table for table in tables if table.money or any(c.ambiguous for c in table.columns)] or tables


def _copied(table: IdentifiedTable, others: list[IdentifiedTable]) -> IdentifiedTable | None:
    if len(table.marks) < _COPIED_ROWS:
        return None
    return next((o for o in others if len(table.marks & o.marks) >= _COPIED * len(table.marks)), None)


def open_proposed(
    reading: Reading,
    workbook: Workbook,
    settings: Settings,
    lists: CodeLists,
    opened: Callable[[int], Callable[[], None]],
) -> bool:
    """Fill a reading from a file that no profile knows; True when its sheets are ready to be read.

    `opened` is told how many sheets there are and returns what to call when one of them was read.
    """
    made = identify_workbook(workbook, reading.file, lists, settings)
    reading.findings += made.findings
    if stops(reading.findings) or not made.proposals:
        return False
    reading.source = settings.stated.get("source") or reading.file.rpartition(".")[0] or reading.file
    reading.as_of = settings.as_of
    fields = sorted({name for proposal in made.proposals for name in proposal.plan.places})
    message = f"read as projects of the source {reading.source!r} with the fields {', '.join(fields)}; "
    message += "amounts without a stage of their own as committed, unless --set stage= says otherwise"
    confidence = min(table.confidence for table in made.tables)
    reading.findings.append(
        Finding("identified", message, reading.file, values={"fields": fields, "confidence": str(confidence)})
    )
    done = opened(len(made.proposals))
    reading.sheets = [_sheet(reading, proposal, lists, done) for proposal in made.proposals]
    return True


def _sheet(reading: Reading, proposal: Proposal, lists: CodeLists, done: Callable[[], None]) -> ReadSheet:
    table = proposal.identified
    reader = ProposedReader(proposal, lists, FindingLog(reading.file, table.name, reading.findings))
    return ReadSheet(
        name=table.name,
        position=table.position,
        kind=Kind.PROJECTS,
        header_rows=list(table.header.header_rows),
        columns=columns_read(proposal.table, proposal.plan),
        rows=_stream(reader, table, done),
        totals=reader.totals,
    )


def _stream(reader: ProposedReader, table: IdentifiedTable, done: Callable[[], None]) -> Iterator[ReadRow]:
    try:
        yield from reader.rows()
    finally:
        table.rows.release()
        done()


def as_told(finding: Finding) -> Finding:
    """A finding as `identify` tells it: what would stop an import is a warning there, for the file was identified."""
    if finding.level is not Severity.STOP:
        return finding
    return Finding(
        finding.code, finding.message, finding.file, finding.sheet, finding.cell, finding.remedy, finding.values,
        Severity.WARNING,
    )  # fmt: skip
