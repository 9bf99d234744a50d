"""`euledger import`, and how the result of an import is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import Column, Console, amounts, shown
from ledger.cli.jsonout import one_or_many
from ledger.cli.session import Session, UserError, pass_session
from ledger.domain.records import RowState

if TYPE_CHECKING:
    from ledger.actions.import_files import ImportResult


@options.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("-p", "--profile", metavar="NAME|PATH", help="How the file is read. Else the profile that recognises it.")
@options.settings
@options.dry_run
@click.option("--complete", is_flag=True, help="The list is complete: reverse what is no longer in it.")
@click.option("--atomic", is_flag=True, help="All files or none: one refused row takes everything back.")
@click.option(
    "--annotate",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.xlsx",
    help="Write a copy of the file for its sender: problem cells marked, commented and listed.",
)
@options.output_format
@pass_session
def import_command(
    session: Session,
    *,
    files: tuple[Path, ...],
    profile: str | None,
    settings: dict[str, str],
    dry_run: bool,
    complete: bool,
    atomic: bool,
    annotate: Path | None,
) -> None:
    r"""Book the rows of workbooks and text files into the ledger.

    A folder stands for the spreadsheets in it. Every row is accounted for:
    posted, unchanged, subtotal, blank, note or rejected.

    \b
    Example: euledger import projects.xlsx --set currency=EUR --set fund=AMIF -n
    Changes: adds one batch per file; the same file twice adds nothing.
             Nothing is overwritten: undo with euledger imports revert BATCH.
    """
    from ledger.actions import annotate as marking
    from ledger.actions import import_files

    paths = import_files.found_files(files)
    for folder in (path for path in files if path.is_dir() and not import_files.found_files([path])):
        raise UserError(f"there is no spreadsheet in the folder {folder}")
    if annotate is not None:
        marking.check_target(paths, annotate)
    database, console = session.database(), session.console
    with console.progress() as progress:
        results = import_files.import_files(
            database,
            paths,
            profile=profile,
            settings=settings,
            profile_dirs=session.settings().profile_dirs,
            dry_run=dry_run,
            complete=complete,
            atomic=atomic,
            progress=progress,
        )

    if annotate is not None:
        [result] = results
        encoding = settings.get("encoding")
        result.findings += marking.annotate(paths[0], result.findings, annotate, encoding=encoding)

    def text() -> None:
        for result in results:
            print_result(console, result)
        if annotate is not None and annotate.exists():
            console.talk(f"Marked copy: {annotate}")
        if dry_run:
            console.talk("Dry run: nothing was kept.")
        elif booked := [result.batch for result in results if result.batch is not None]:
            console.talk(f"Look closer: euledger imports show {booked[-1]}; undo: euledger imports revert {booked[-1]}")

    findings = [finding for result in results for finding in result.findings]
    session.finish([as_json(result) for result in results], findings, text, findings_are_data=True)


def as_json(result: ImportResult) -> dict[str, Any]:
    """The result with the keys of DESIGN section 9; every row state is there, with 0 where there is none."""
    return {
        "file": result.file,
        "batch": result.batch,
        "profile": result.profile,
        "kind": result.kind,
        "source": result.source,
        "illustrative": result.illustrative,
        "rows": {str(state): result.rows.get(state, 0) for state in RowState},
        "amounts": {
            state: {field: one_or_many(amounts(sums)) for field, sums in fields.items()}
            for state, fields in result.amounts.items()
        },
        "projects": {key: result.projects.get(key, 0) for key in ("new", "changed", "unchanged", "vanished")},
    }


def print_result(console: Console, result: ImportResult) -> None:
    """One file: where it went, its rows by state with what they add up to."""
    booked = f"batch {result.batch}" if result.batch is not None else "nothing booked"
    marks = [f"profile {result.profile}" if result.profile else "no profile", booked]
    if result.illustrative:
        marks.append("ILLUSTRATIVE")
    console.say(f"{result.file}: {', '.join(marks)}")
    fields = list(dict.fromkeys(field for sums in result.amounts.values() for field in sums))
    rows = [
        (str(state), count, *(amounts(result.amounts.get(state, {}).get(field, {})) or None for field in fields))
        for state in RowState
        if (count := result.rows.get(state, 0))
    ]
    console.table(
        [Column("rows"), Column("number", is_number=True), *(Column(f, is_number=True) for f in fields)], rows
    )
    if any(result.projects.values()):
        what = result.kind.replace(",", " and ") or "projects"
        console.say(f"{what}: {shown(result.projects)}")
