"""The command `euledger`: its table of commands, and how every run ends. Nothing heavy is imported here."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from ledger import __version__
from ledger.cli import passwords
from ledger.cli.exits import DATABASE, INTERNAL, INTERRUPTED, USAGE
from ledger.cli.lazy import LazyGroup
from ledger.cli.session import Session, pass_session

#: name -> (where it is, its one line); a test holds the lines against the commands' own help.
COMMANDS: Final = {
    "demo": ("ledger.cli.demo:demo", "The whole job on shipped data, in a folder of its own."),
    "init": ("ledger.cli.init:init", "Create or upgrade the ledger and load the shipped reference data."),
    "import": ("ledger.cli.import_:import_command", "Book the rows of workbooks and text files into the ledger."),
    "identify": ("ledger.cli.identify:identify", "Which profile fits a file, and how each column would be read."),
    "profile": ("ledger.cli.profile:profile", "How files are read: list, show, new, test."),
    "imports": ("ledger.cli.imports:imports", "What was imported: list, show, rows, revert."),
    "template": ("ledger.cli.template:template", "Make a blank workbook with drop-downs, checks and instructions."),
    "figure": ("ledger.cli.figures:figure", "Published figures: list, show, add; waive, waivers, unwaive."),
    "reconcile": ("ledger.cli.reconcile:reconcile", "Hold published figures against the ledger."),
    "compare": ("ledger.cli.compare:compare", "Hold a list, batch or ledger against another."),
    "runs": ("ledger.cli.runs:runs", "Kept verdicts of reconcile: list, show, compare."),
    "check": ("ledger.cli.check:check", "Check the ledger's integrity, and the rules that a controller would run."),
    "seal": ("ledger.cli.seal:seal", "Write a checkpoint of the ledger, to be kept elsewhere."),
    "verify": ("ledger.cli.verify:verify", "Prove the ledger: compute all seals, kept files and balances anew."),
    "why": ("ledger.cli.why:why", "Unfold a number into the cells it comes from."),
    "summary": ("ledger.cli.summary:summary", "Sum the ledger up by fund, country, year and more."),
    "report": ("ledger.cli.report:report", "Reports: list, show, run, test."),
    "audit": ("ledger.cli.audit:audit", "Audit sampling: sample, evaluate, residual, samples."),
    "bridge": ("ledger.cli.bridge:bridge", "Show how a total went from one state to another."),
    "pack": ("ledger.cli.pack:pack", "Pack the ledger with all its evidence, for an auditor to check alone."),
    "export": ("ledger.cli.export:export", "Write the journal for hledger or beancount, which add it up anew."),
    "db": ("ledger.cli.db:db", "The database itself: upgrade, check, back up, restore, copy, rights."),
}

#: What the machine lacks or refuses: a full disk or quota, a read-only or failing one, no memory or handles left.
_MACHINE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


@click.group(
    "euledger",
    cls=LazyGroup,
    commands_at=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="euledger")
@pass_session
@click.pass_context
def cli(ctx: click.Context, session: Session) -> None:
    r"""A ledger of EU funding portfolios: every euro booked once, every number traced to its cell.

    \b
    Example: euledger demo
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        session.console.talk(f"\n{_what_next(session)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. No problem, expected or not, shows a traceback."""
    # Rows are held by the hundred thousand and none of them in a circle: looking for circles often took a tenth of an import.
    gc.set_threshold(100_000, 20, 100)
    session = Session()
    warning = passwords.guard(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's code page lacks is shown escaped rather than ending the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if warning:
        click.echo(f"euledger: {warning}", err=True)
    try:
        code = cli.main(arguments, prog_name="euledger", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except click.UsageError as error:
        click.UsageError(passwords.hidden(error.format_message()), error.ctx).show()
        return USAGE
    except click.ClickException as error:
        return session.fail(USAGE, error.format_message())
    except (click.Abort, KeyboardInterrupt):
        click.echo("euledger: interrupted; nothing was written that was not finished", err=True)
        return INTERRUPTED
    except SystemExit:
        return session.exit_code  # click leaves this way when the reader of stdout is gone
    except BrokenPipeError:
        _leave_stdout()
        return session.exit_code
    except Exception as error:  # noqa: BLE001 - the last resort: one line and a report, never a traceback
        return _unexpected(error, session)
    return code if isinstance(code, int) else 0


def _unexpected(error: Exception, session: Session) -> int:
    # A known problem can only come from a module that was imported already; importing it here would be slow.
    for module, name, code in (
        ("ledger.store.database", "DatabaseProblem", DATABASE),
        ("ledger.actions.scope", "UsageProblem", USAGE),
    ):
        if module in sys.modules and isinstance(error, getattr(sys.modules[module], name)):
            return session.fail(code, str(error))
    if isinstance(error, OSError) and error.errno in _MACHINE:
        if error.filename is None:
            _leave_stdout()  # it may be the one that is full
        return session.fail(DATABASE, f"{error.strerror}{f': {error.filename}' if error.filename else ''}")
    from ledger.cli.crash import write_report

    where = write_report(error, session.command, _database(session))
    kept = f"A report without data is in {where}" if where else "No report could be written"
    return session.fail(INTERNAL, f"internal error ({type(error).__name__}), which is ours to mend. {kept}")


def _database(session: Session) -> str | None:
    try:
        return session.settings().database
    except (click.ClickException, OSError):
        return session.database_option


def _leave_stdout() -> None:
    """Point stdout elsewhere, so that Python's last flush does not complain about the closed pipe."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = None  # Python's own sign for "no stdout"


def _what_next(session: Session) -> str:
    settings = session.settings()
    file = settings.database_file
    if file is not None and not file.exists():
        return (
            f"What to do next: there is no ledger at {file} yet.\n"
            "  euledger demo      see the whole job on shipped data\n"
            "  euledger init      make a ledger here"
        )
    return (
        "What to do next:\n"
        "  euledger import FILE   book a workbook (-n shows what would be booked)\n"
        "  euledger reconcile     hold the published figures against the ledger\n"
        "  euledger summary       what stands where"
    )
