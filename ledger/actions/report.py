"""Reports: which there are, what one declares, whether declarations hold, and one computed and written to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import ledger
from ledger import shipped
from ledger.actions import rights, scope
from ledger.actions.report_asked import Asked, Question, ask
from ledger.actions.report_lists import envelopes_sheet, projects_sheet
from ledger.actions.report_sums import RowKey, detail_lines, finest_keys, sums_sheet
from ledger.actions.report_tables import annex_vii_sheet, figures_sheet, outlook_sheet
from ledger.domain.findings import Finding, Severity
from ledger.domain.money import as_json, display
from ledger.reporting import report_book, report_texts
from ledger.reporting.declaration import Declaration, Sheet, load_declaration, load_declarations
from ledger.reporting.figures import HOME_CURRENCY
from ledger.reporting.model import DetailLine, FigureSheet, ReportModel
from ledger.reporting.vocabulary import Vocabulary
from ledger.reporting.workbook import ReportTooLarge
from ledger.store import schema
from ledger.store.database import Database
from ledger.store.totals import Filter

__all__ = ["FORMATS", "Question", "Ran", "ReportLine", "list_reports", "run", "show", "test"]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report as the list shows it; `folder` is empty for a shipped one."""

    report: str
    title: str
    purpose: str
    sheets: tuple[str, ...]
    needs: tuple[str, ...]
    folder: str


@dataclass(slots=True)
class Ran:
    """A report that was run: the model with its rows in memory (or, written to a file, spent), and the files written."""

    model: ReportModel
    files: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def list_reports(folders: Sequence[Path] = (), lang: str = "en") -> tuple[list[ReportLine], list[Finding]]:
    """Every report by name, the user's own above shipped ones, and what is wrong with those that cannot be used."""
    declared, findings = _load(folders)
    words = _words(lang)
    return [_line(declared[name], words) for name in sorted(declared)], findings


def show(name: str, folders: Sequence[Path] = (), lang: str = "en") -> tuple[ReportLine | None, str, list[Finding]]:
    """One report and the text of its file."""
    declared, findings = _load(folders)
    found = _find(name, declared, findings)
    if isinstance(found, Finding):
        return None, "", [found]
    place = Path(found.folder) if found.folder else shipped.reports()
    return _line(found, _words(lang)), place.joinpath(found.path).read_text(encoding="utf-8-sig"), []


def test(
    name: str | None, folders: Sequence[Path], database: Database | None
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Read every declaration (or one), and run it on the ledger where there is one.

    A declaration that cannot be used, a sum that its lines do not bear out and an empty report are findings.
    """
    declared, findings = _load(folders)
    if name is not None:
        found = _find(name, declared, findings)
        if isinstance(found, Finding):
            return [], [found]
        declared, findings = {name: found}, []
    findings = [replace(finding, severity=Severity.ERROR) for finding in findings]
    lines: list[dict[str, Any]] = []
    for each in sorted(declared.values(), key=lambda one: one.name):
        told: list[Finding] = []
        rows = None
        if database is not None and not each.needs:
            with _computed(database, each, Question(with_illustrative=True)) as model:
                rows = sum(1 for sheet in model.sheets for _ in sheet.rows)
                told = list(report_book.unborne(model))
        lines.append({"report": each.name, "ok": not told, "rows": rows, "needs": list(each.needs)})
        findings += told
    return lines, findings


def run(
    database: Database,
    name: str,
    question: Question,
    *,
    folders: Sequence[Path] = (),
    sheet: str | None = None,
    output: Path | None = None,
) -> Ran:
    """Compute a report, and write it to `output` in the format of its ending (one of FORMATS).

    Without `output` the rows are in memory. Raises UsageProblem for what does not exist (report, sheet, code, ending) or
    does not fit the format; OSError where the file cannot be written.
    """
    writer = None if output is None else FORMATS.get(output.suffix.lower())
    if output is not None and writer is None:
        raise scope.UsageProblem(f"{output.name}: the ending must be one of {' '.join(FORMATS)}")
    declared, findings = _load(folders)
    found = _find(name, declared, findings)
    if isinstance(found, Finding):
        raise scope.UsageProblem(found.message)
    if sheet is not None:
        found = _only(found, sheet)
    schema.require_current(database)
    with _computed(database, found, question) as model:
        if writer is None or output is None:
            model.sheets = [each.at_hand() for each in model.sheets]
            return Ran(model, findings=model.findings)
        try:
            files, told = writer(model, output)
        except ReportTooLarge as problem:
            raise scope.UsageProblem(f"{output.name} cannot be written: {problem}") from problem
        return Ran(model, files, [*model.findings, *told])


Writer = Callable[[ReportModel, Path], tuple[list[Path], list[Finding]]]


def _workbook(model: ReportModel, path: Path) -> tuple[list[Path], list[Finding]]:
    return [path], report_book.write_report_book(model, path)


def _csv(model: ReportModel, path: Path) -> tuple[list[Path], list[Finding]]:
    return report_texts.write_csv_files(model, path), []


def _markdown(model: ReportModel, path: Path) -> tuple[list[Path], list[Finding]]:
    report_texts.write_markdown(model, path)
    return [path], []


def _json(model: ReportModel, path: Path) -> tuple[list[Path], list[Finding]]:
    report_texts.write_json(model, path)
    return [path], []


#: How each ending is written.
FORMATS: Final[dict[str, Writer]] = {".xlsx": _workbook, ".csv": _csv, ".md": _markdown, ".json": _json}


#: How sheets are made whose rows are lines themselves.
_LISTS: Final[dict[str, Callable[[Asked, Sheet], FigureSheet]]] = {
    "projects": projects_sheet,
    "envelopes": envelopes_sheet,
    "figures": figures_sheet,
    "outlook": outlook_sheet,
    "annex-vii": annex_vii_sheet,
}


@contextmanager
def _computed(database: Database, declaration: Declaration, question: Question) -> Iterator[ReportModel]:
    """The report as long as the reading transaction lasts: long lists and the detail lines are read while written."""
    with database.read() as connection:
        asked = ask(connection, declaration, question, database)
        yield compute(asked, question)


def compute(asked: Asked, question: Question) -> ReportModel:
    """The sheets of a report, computed inside the transaction of `asked`."""
    declaration, words = asked.declaration, asked.words
    sheets: list[FigureSheet] = []
    numbers: list[tuple[Sheet, dict[RowKey, int]]] = []
    for sheet in declaration.sheets:
        if sheet.kind == "sums":
            made, rows = sums_sheet(asked, sheet)
            numbers.append((sheet, rows))
            sheets.append(made)
        else:
            sheets.append(_LISTS[sheet.kind](asked, sheet))
    limit = rights.limit(asked.connection)
    findings = [*_apart(asked, sheets), *rights.limited(limit), *(f for each in sheets for f in each.findings)]
    is_illustrative = any(sheet.is_illustrative or any(total.group[2] for total in sheet.totals) for sheet in sheets)

    def detail() -> Iterator[DetailLine]:
        return detail_lines(asked, numbers)

    return ReportModel(
        declaration,
        words,
        words.of(declaration.title),
        sheets,
        _about(asked, question, limit, findings, _funds(sheets)),
        asked.head,
        filter_as_json(asked.pinned),
        question.unit,
        detail if numbers else None,
        is_illustrative,
        _filters(asked, question, limit),
        finest_keys(asked),
        findings,
    )


def filter_as_json(wanted: Filter) -> dict[str, Any]:
    """A filter in JSON's own types, without what limits nothing."""
    found: dict[str, Any] = {}
    for each in fields(wanted):
        value = getattr(wanted, each.name)
        if value not in (None, (), False):
            found[each.name] = value.isoformat() if isinstance(value, date) else value
    return found


def shipped_report(name: str) -> Declaration:
    """The shipped report of that name."""
    return load_declaration(shipped.reports().joinpath(f"{name}.toml").read_bytes(), f"{name}.toml")


def _load(folders: Sequence[Path]) -> tuple[dict[str, Declaration], list[Finding]]:
    return load_declarations([(shipped.reports(), ""), *((folder, str(folder)) for folder in folders)])


def _find(name: str, declared: dict[str, Declaration], findings: Sequence[Finding]) -> Declaration | Finding:
    if name in declared:
        return declared[name]
    for finding in findings:
        if finding.values.get("report") == name:
            return replace(finding, severity=Severity.STOP)
    from ledger.domain.toml_keys import nearest

    return Finding("report-unknown", f"there is no report {name!r}{nearest(name, declared)}")


def _only(declaration: Declaration, name: str) -> Declaration:
    kept = tuple(sheet for sheet in declaration.sheets if sheet.name == name)
    if not kept:
        listed = ", ".join(sheet.name for sheet in declaration.sheets)
        raise scope.UsageProblem(f"the report {declaration.name} has no sheet {name!r}; there are: {listed}")
    return replace(declaration, sheets=kept)


def _words(lang: str) -> Vocabulary:
    from ledger.reporting.vocabulary import vocabulary

    return vocabulary(lang)


def _line(declaration: Declaration, words: Vocabulary) -> ReportLine:
    return ReportLine(
        declaration.name,
        words.of(declaration.title),
        words.of(declaration.purpose),
        tuple(sheet.name for sheet in declaration.sheets),
        declaration.needs,
        declaration.folder,
    )


def _filters(asked: Asked, question: Question, limit: str | None) -> dict[str, Any]:
    return {
        "funds": list(asked.base.funds),
        "countries": list(asked.base.countries),
        "programme": asked.base.programme,
        "earmark": asked.base.earmark,
        "as_of": question.as_of,
        "known_at": asked.base.known_at,
        "with_illustrative": question.with_illustrative,
        "rights": limit,
    }


def _funds(sheets: Sequence[FigureSheet]) -> list[str]:
    """The funds that sums are shown for: their long names stand on the sheet About alone."""
    places = [(sheet, at) for sheet in sheets for at, each in enumerate(sheet.fields) if each.key == "fund"]
    return sorted({str(row[at]) for sheet, at in places for row in sheet.rows})


def _about(
    asked: Asked, question: Question, limit: str | None, findings: Sequence[Finding], funds: Sequence[str]
) -> list[tuple[str, str]]:
    """What is to be known of the report; a pair without a name stands below the title of each sheet too."""
    words, base, head, declared = asked.words, asked.base, asked.head, asked.declaration
    years = base.period_start and f"{base.period_start.year}–{base.period_end.year if base.period_end else ''}"
    limits = [
        ("about.funds", ", ".join(base.funds)),
        ("about.countries", ", ".join(base.countries)),
        ("about.programme", base.programme),
        ("about.earmark", base.earmark),
        ("about.years", years),
        ("about.as_of", base.as_of and base.as_of.isoformat()),
        ("about.known_at", "" if base.known_at is None else str(base.known_at)),
        ("about.rights", limit),
    ]
    stated = [(words(code), str(value)) for code, value in limits if value]
    up_to = words("head.empty") if head is None else words("head.up_to", head.batch, head.recorded_at)
    measures = [
        f"{words.of(each.title) or words(f'stage.{each.stage}')}: {words(f'subject.{each.stage}')}, "
        f"{words(f'basis.{each.basis}')}" + (f", {words('about.earmark')} {each.earmark}" if each.earmark else "")
        for each in declared.measures
    ]
    tab, differs = words("tab.detail"), words("ui.differs")
    sums = any(sheet.kind == "sums" for sheet in declared.sheets)
    facts = [
        ("", up_to),
        *(("", f"{what}: {said}") for what, said in stated),
        (words("about.report"), f"{words.of(declared.title)} ({declared.name})"),
        (words("about.purpose"), words.of(declared.purpose)),
        *((words("about.measures"), measure) for measure in measures),
        *stated,
        (words("about.illustrative"), words("about.counted" if question.with_illustrative else "about.left_out")),
        (words("about.head"), words("about.empty") if head is None else words("about.batch", head.batch)),
        (words("about.recorded_at"), "" if head is None else head.recorded_at),
        (words("about.program"), f"eu-funding-ledger {ledger.__version__}"),
        (words("about.declaration"), declared.sha256),
        (words("about.unit"), words("ui.million", HOME_CURRENCY) if question.unit == "million" else HOME_CURRENCY),
        *((words("about.warning"), str(finding)) for finding in findings),
        *((words("about.note"), words.of(note)) for note in declared.notes),
        (words("about.sums"), words("about.sums_text", tab, words("ui.check"), differs) if sums else ""),
        (words("about.numbers"), words("about.numbers_text", tab) if sums else ""),
        (words("about.projects"), words("about.projects_text")),
        (words("about.trace"), words("about.trace_text")),
    ]
    if base.earmark or any(measure.earmark for measure in declared.measures):
        facts.append((words("about.earmark"), words("about.earmark_text")))
    facts += [(words("about.fund", code), asked.names["fund"].get(code, "")) for code in funds]
    return [(what, said) for what, said in facts if said]


def _apart(asked: Asked, sheets: Sequence[FigureSheet]) -> list[Finding]:
    """What stands apart from the totals in euro at current prices, once for each kind of it."""
    found: dict[tuple[str, str, str], Finding] = {}
    for sheet in sheets:
        for total in sheet.totals:
            currency, price_basis, is_illustrative = total.group
            for each in sheet.figures:
                minor = total.ledger.get(each.name, 0)
                said = f"{each.heading}: {display(minor, currency)}"
                values = {"amount": as_json(minor, currency), "measure": each.name}
                if minor and currency != HOME_CURRENCY:
                    told = Finding(
                        "unconverted", f"{said} stand apart and are not in the {HOME_CURRENCY} total", values=values
                    )
                elif minor and price_basis != "current":
                    told = Finding(
                        "prices-apart", f"{said} at {asked.words.prices(price_basis)} stand apart", values=values
                    )
                elif not (minor and is_illustrative):
                    continue
                else:
                    told = Finding(
                        "illustrative-data", f"{said} are illustrative: invented examples, not facts", values=values
                    )
                found.setdefault((told.code, each.name, f"{currency} {price_basis}"), told)
    return list(found.values())
