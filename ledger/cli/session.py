"""What one run of a command knows: which ledger, how to print, and how it ends.

Every command starts with this module, so what only a working command needs is imported where it is used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from ledger.cli.exits import USAGE, exit_for
from ledger.cli.passwords import hidden

if TYPE_CHECKING:
    from ledger.cli.console import Console
    from ledger.domain.findings import Finding
    from ledger.settings import Settings
    from ledger.store.database import Database


#: Pieces of a long result that are printed together: each print is flushed.
PIECES_AT_ONCE: Final = 256


class UserError(click.ClickException):
    """Something in the command line or the configuration that the user can put right (exit 2)."""

    exit_code = USAGE


class Session:
    """Filled by the shared options, handed to every command by `pass_session`."""

    def __init__(self) -> None:
        self.database_option: str | None = None
        self.read_database_option: str | None = None
        #: what is to be said of the ledger that was read, whatever the command finds in it
        self.notes: list[Finding] = []
        self.is_quiet = False
        self.is_verbose = False
        self.output_format = "text"
        #: name of the command in its JSON schema: `imports-list`
        self.command = ""
        #: the code that the work earned; it holds even if the reader of stdout goes away meanwhile
        self.exit_code = 0

    @property
    def console(self) -> Console:
        """Where text for people goes."""
        from ledger.cli.console import Console

        return Console(self.is_quiet, self.is_verbose)

    @property
    def wants_json(self) -> bool:
        """Whether stdout is to carry JSON alone."""
        return self.output_format == "json"

    def settings(self) -> Settings:
        """The settings that hold here and now. Raises UserError for a configuration file that cannot be used."""
        from pathlib import Path

        from ledger import settings

        try:
            return settings.load(
                self.database_option,
                environment=os.environ,
                folder=Path.cwd(),
                read_option=self.read_database_option,
            )
        except settings.SettingsProblem as problem:
            raise UserError(str(problem)) from problem

    def database(self) -> Database:
        """The ledger that is meant; nothing is opened yet."""
        return self.database_at(self.settings().database)

    def database_to_read(self) -> Database:
        """The ledger, or its standby where one is named; then `notes` say what the standby may lack."""
        named = self.settings().read_database
        if named is None:
            return self.database()
        from ledger.actions import standby

        reading = self.database_at(named)
        self.notes += standby.compare(self.database(), reading)
        return reading

    def database_at(self, name: str) -> Database:
        """The ledger at a URL or path; nothing is opened yet."""
        from ledger.store.database import Database, parse_url

        settings = self.settings()
        return Database(
            parse_url(name),
            wait=settings.wait_seconds,
            shared=settings.shared_file,
            told=self.console.talk,
        )

    def finish(
        self,
        results: object,
        findings: Iterable[Finding],
        text: Callable[[], None],
        *,
        findings_are_data: bool = False,
        code: int | None = None,
    ) -> NoReturn:
        """Print the results (`text` does it for people) and the findings, and end with their exit code, or `code`."""
        found = [*findings, *self.notes]
        self.exit_code = exit_for(found) if code is None else code
        if self.wants_json:
            click.echo(self._envelope(results, found))
        else:
            text()
            self.console.findings(found, as_data=findings_are_data)
        raise click.exceptions.Exit(self.exit_code)

    def finish_in_pieces(
        self, pieces: Callable[[dict[str, Any]], Iterable[str]], findings: Iterable[Finding]
    ) -> NoReturn:
        """As `finish`, of results too long to be held as one text; `pieces` is given the JSON document around them."""
        from ledger.cli.jsonout import escaped
        from ledger.reporting.safe_text import terminal_text

        found = [*findings, *self.notes]
        self.exit_code = exit_for(found)
        harmless = escaped if self.wants_json else terminal_text
        held: list[str] = []
        for piece in pieces(self.frame(found)):
            held.append(piece)
            if len(held) == PIECES_AT_ONCE:
                click.echo(harmless("".join(held)), nl=False)
                held.clear()
        click.echo(harmless("".join(held)), nl=False)
        if self.wants_json:
            click.echo()
        else:
            self.console.findings(found)
        raise click.exceptions.Exit(self.exit_code)

    def frame(self, findings: Iterable[Finding]) -> dict[str, Any]:
        """The JSON document of this command with these findings, without its results."""
        from ledger.cli.jsonout import frame

        found = list(findings)
        return frame(self.command, exit_for(found), found)

    @property
    def ascii_only(self) -> bool:
        """Whether stdout takes no other letters."""
        return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") != "utf8"

    def fail(self, code: int, message: str) -> int:
        """Tell in one line (and in JSON, if that was asked for) that the work could not be done; returns `code`."""
        from ledger.reporting.safe_text import terminal_text

        self.exit_code = code
        message = hidden(" ".join(message.split()))
        click.echo(f"euledger: {terminal_text(message)}", err=True)
        if self.wants_json:
            click.echo(self._envelope([], [], error=message))
        return code

    def _envelope(self, results: object, findings: list[Finding], error: str = "") -> str:
        from ledger.cli.jsonout import envelope

        return envelope(self.command, self.exit_code, results, findings, error=error, ascii_only=self.ascii_only)


pass_session = click.make_pass_decorator(Session)
