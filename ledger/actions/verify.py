"""Verify a ledger: seals, rows, kept files, balances and code lists, each as a result that is silent when it holds."""

from __future__ import annotations

from collections.abc import Callable

from ledger.actions.check import balance_findings
from ledger.audit.verify import Progress, verify_seals
from ledger.domain.findings import CheckResult, Finding
from ledger.store import code_lists, integrity, schema, standing
from ledger.store.database import Connection, Database
from ledger.store.seals import Unreadable, readable

#: The one part that may fail of an honest ledger: a newer program ships newer lists.
CODE_LISTS = "code-lists"


def verify(database: Database, progress: Progress = lambda _what, _rows: None) -> list[CheckResult]:
    """Compute everything anew on one state of the ledger and hold it against what was sealed and kept."""
    schema.require_current(database)
    with database.read() as connection:
        standing.require_whole_view(connection, "verify")
        return verify_state(connection, progress)


def verify_state(connection: Connection, progress: Progress = lambda _what, _rows: None) -> list[CheckResult]:
    """The same of the state that a transaction sees, be it kept in the end or not."""
    return [
        *verify_seals(connection, progress),
        _part(connection, "balances", _balances),
        _part(connection, CODE_LISTS, _code_lists),
    ]


def _part(connection: Connection, name: str, work: Callable[[Connection], tuple[int, list[Finding]]]) -> CheckResult:
    try:
        with readable(connection):
            checked, found = work(connection)
    except Unreadable as problem:
        checked, found = 0, [Finding("row-unreadable", f"{name} cannot be read: {problem}")]
    return CheckResult(name, not found, checked, found)


def _balances(connection: Connection) -> tuple[int, list[Finding]]:
    return integrity.count(connection, "balance"), balance_findings(connection)


def _code_lists(connection: Connection) -> tuple[int, list[Finding]]:
    checked, told = code_lists.differences(connection)
    return checked, [Finding("code-list-differs", said) for said in told]
