"""Sum the ledger up by fund, country, year and more, and write the answer to a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from ledger.actions import report, rights, scope
from ledger.actions.report_asked import Question, ask
from ledger.domain.findings import Finding
from ledger.domain.money import as_json, display
from ledger.reporting import words
from ledger.reporting.declaration import Declaration, Measure, Sheet
from ledger.reporting.delimited import write_csv
from ledger.reporting.figures import CURRENT, HOME_CURRENCY, Row, Summary, collect
from ledger.reporting.markdown import write_markdown
from ledger.reporting.report_book import write_report_book
from ledger.reporting.tables import summary_table
from ledger.reporting.vocabulary import vocabulary
from ledger.reporting.workbook import ReportTooLarge
from ledger.store import reports, schema
from ledger.store.database import Database
from ledger.store.reports import Head
from ledger.store.totals import KEYS, Filter

__all__ = ["DEFAULT_BY", "FORMATS", "KEYS", "Row", "Summary", "summarise", "write"]

DEFAULT_BY: Final = ("fund", "country", "year")
#: Keys whose codes have names in a code list.
_NAMED: Final = ("fund", "country", "theme")


def summarise(
    database: Database,
    *,
    by: Sequence[str] = DEFAULT_BY,
    stage: str = "committed",
    basis: str = "eu",
    funds: Sequence[str] = (),
    countries: Sequence[str] = (),
    as_of: date | None = None,
    known_at: str | int | datetime | None = None,
    with_illustrative: bool = False,
) -> Summary:
    """The sums by `by`: EU-share commitments unless told otherwise; basis `total` adds all bases up.

    Currencies, price bases and (where asked for) illustrative data stand in rows of their own. Raises UsageProblem
    for a key, code, group, stage or basis that does not exist.
    """
    keys = _keys(by)
    schema.require_current(database)
    with database.read() as connection:
        wanted = scope.build(
            connection,
            stage=stage,
            basis=basis,
            funds=funds,
            countries=countries,
            as_of=as_of,
            known_at=known_at,
            with_illustrative=with_illustrative,
        )
        rows, totals, head = collect(connection, wanted, keys)
        limit = rights.limit(connection)
        names: dict[str, dict[str, str]] = {name: reports.names(connection, name) for name in _NAMED if name in keys}
    filters: dict[str, Any] = {
        "funds": list(wanted.funds),
        "countries": list(wanted.countries),
        "as_of": as_of,
        "known_at": wanted.known_at,
        "with_illustrative": with_illustrative,
        "rights": limit,
    }
    findings = [*_findings(totals), *rights.limited(limit)]
    return Summary(keys, stage, basis, rows, totals, head, filters, _pin(wanted, head), names, findings)


def write(database: Database, summary: Summary, path: Path) -> list[Finding]:
    """Write the summary to `path` in the format of its ending (one of FORMATS), in one step.

    Returns what came to light on writing: a sum that its transfers do not bear out. Raises UsageProblem for another
    ending and for what does not fit the format; OSError where `path` cannot be written.
    """
    writer = FORMATS.get(path.suffix.lower())
    if writer is None:
        raise scope.UsageProblem(f"{path.name}: the ending must be one of {' '.join(FORMATS)}")
    try:
        return writer(database, summary, path)
    except ReportTooLarge as problem:
        raise scope.UsageProblem(f"{path.name} cannot be written: {problem}") from problem


def _write_csv(_: Database, summary: Summary, path: Path) -> list[Finding]:
    write_csv(summary_table(summary), path)
    return []


def _write_markdown(_: Database, summary: Summary, path: Path) -> list[Finding]:
    write_markdown(summary, path)
    return []


def _write_workbook(database: Database, summary: Summary, path: Path) -> list[Finding]:
    """The summary as a report of one measure, with the envelopes of its scope."""
    declared = _declaration(summary)
    question = Question(
        funds=summary.pinned.funds,
        countries=summary.pinned.countries,
        as_of=summary.pinned.as_of,
        known_at=summary.filters["known_at"],
        with_illustrative=summary.pinned.with_illustrative,
    )
    with database.read() as connection:
        asked = ask(connection, declared, question, database)
        if asked.head != summary.ledger_head:
            # Whatever was booked since the sums were taken is in neither.
            asked = ask(connection, declared, replace(question, known_at=summary.pinned.known_at), database)
        return write_report_book(report.compute(asked, question), path)


def _declaration(summary: Summary) -> Declaration:
    said = vocabulary()
    tree = report.shipped_report("envelope-tree").sheets[0]
    measure = Measure("amount", summary.stage, summary.basis, title={"en": said("ui.amount")})
    sums = Sheet(
        "summary", {"en": "Summary"}, {"en": words.title(summary)}, "sums", tuple(summary.by), measures=("amount",)
    )
    return Declaration("summary", {"en": words.title(summary)}, {}, (), {}, (), (measure,), (sums, tree))


#: How each ending is written. JSON is the command line's: its envelope is the same for every command.
FORMATS: Final[dict[str, Callable[[Database, Summary, Path], list[Finding]]]] = {
    ".csv": _write_csv,
    ".md": _write_markdown,
    ".xlsx": _write_workbook,
}


def _pin(wanted: Filter, head: Head | None) -> Filter:
    """The question as of the ledger's head: the journal is append-only, so its answer can never change."""
    return replace(wanted, known_at=head.batch if head else 0)


def _keys(by: Sequence[str]) -> list[str]:
    keys = [name.strip().lower() for name in by]
    for name in keys:
        if name not in KEYS:
            near = get_close_matches(name, KEYS, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(KEYS)}"
            raise scope.UsageProblem(f"{name!r} is nothing to sum up by; {hint}")
    if len(set(keys)) < len(keys):
        raise scope.UsageProblem(f"a key stands twice in {','.join(keys)}")
    return keys


def _findings(totals: Sequence[Row]) -> list[Finding]:
    found = []
    for row in totals:
        currency, price_basis, is_illustrative = row.group
        amount = display(row.amount.minor, currency)
        if currency != HOME_CURRENCY:
            found.append(
                Finding(
                    "unconverted",
                    f"{amount} stand apart and are not in the {HOME_CURRENCY} total",
                    values={"amount": as_json(row.amount.minor, currency), "projects": row.projects},
                )
            )
        elif price_basis != CURRENT:
            found.append(
                Finding(
                    "prices-apart",
                    f"{amount} at {words.prices(price_basis)} stand apart",
                    values={"amount": as_json(row.amount.minor, currency), "price_basis": price_basis},
                )
            )
        if is_illustrative:
            found.append(
                Finding(
                    "illustrative-data",
                    f"{amount} are illustrative: invented examples, not facts",
                    values={"amount": as_json(row.amount.minor, currency)},
                )
            )
    return found
