"""`euledger check`."""

from __future__ import annotations

from datetime import date

import click

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.session import Session, pass_session


@options.command("check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--only", multiple=True, metavar="RULE", help="Run this rule, as NAME does. Repeatable.")
@click.option("--skip", multiple=True, metavar="RULE", help="Leave this rule out. Repeatable.")
@click.option("--strict", is_flag=True, help="Warnings fail too (exit 1).")
@click.option("--on", "day", type=options.Day(), help="Judge deadlines as on this day.  [default: today]")
@click.option("--list", "list_checks", is_flag=True, help="Name the rules: severity, purpose, source.")
@options.with_illustrative
@options.output_format
@pass_session
def check(
    session: Session,
    *,
    names: tuple[str, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    strict: bool,
    day: date | None,
    list_checks: bool,
    with_illustrative: bool,
) -> None:
    r"""Check the ledger's integrity, and the rules that a controller would run.

    Silent when all is well. Errors end with 1; warnings are told and end with 0, unless --strict. -v says what was
    looked at, and what could not be for want of data.

    \b
    Example: euledger check --skip duplicates --strict
    Changes: nothing.
    """
    from ledger.actions import check as action
    from ledger.cli.exits import exit_for
    from ledger.domain.findings import Severity

    console = session.console
    if list_checks:
        session.finish(action.listed(), [], lambda: console.table(*_listed()))
    results = action.run_checks(
        session.database_to_read(),
        [*names, *only],
        skip=skip,
        strict=strict,
        with_illustrative=with_illustrative,
        day=day,
    )
    findings = [finding for result in results for finding in result.findings]
    counted = [each for each in findings if strict or each.level is not Severity.WARNING]

    def text() -> None:
        if console.verbose:
            console.table(
                [
                    Column("check"),
                    Column("checked", is_number=True),
                    Column("not checked", is_number=True),
                    Column("verdict"),
                ],
                [(r.name, r.checked, r.not_checked, "holds" if r.ok else "fails") for r in results],
            )
            for result in results:
                for note in result.notes:
                    console.say(f"{result.name}: {note}")
        elif left := [result.name for result in results if result.not_checked]:
            console.talk(f"Not wholly checked for want of data (-v says what): {', '.join(left)}")

    code = exit_for([*counted, *session.notes])
    session.finish(results, findings, text, findings_are_data=True, code=code)


def _listed() -> tuple[list[Column], list[tuple[object, ...]]]:
    from ledger.actions import check as action

    columns = [Column("check"), Column("breach"), Column("what it holds"), Column("source")]
    return columns, [(r.name, str(r.severity), r.purpose, f"{r.source} ({r.known})") for r in action.listed()]
