"""The frame of the command line: start-up, help, options, and every way a run can end."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest

from ledger.actions import batches
from ledger.cli import crash, main
from ledger.cli.main import COMMANDS, cli
from ledger.cli.session import Session
from ledger.store.database import DatabaseProblem

HEAVY = ("sqlalchemy", "alembic", "pandas", "openpyxl", "rich", "babel", "python_calamine")


def every_command() -> Iterator[tuple[str, click.Command]]:
    """("imports list", its command) for the whole tree, groups included."""
    ctx = click.Context(cli)
    for name in cli.list_commands(ctx):
        command = cli.get_command(ctx, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", each) for sub, each in command.commands.items())


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test in an empty folder, with no ledger named and its own place for crash reports."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EULEDGER_DB", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "state"))


def failing(error: BaseException) -> Callable[..., NoReturn]:
    """An action that always ends in `error`."""

    def action(*_: Any, **__: Any) -> NoReturn:
        raise error

    return action


@pytest.mark.parametrize("argument", ["--version", "--help", "-h"])
def test_nothing_heavy_is_imported_to_say_version_or_help(argument: str, root: Path) -> None:
    program = (
        "import sys; from ledger.cli.main import main; code = main(sys.argv[1:]); "
        f"print([m for m in {HEAVY!r} if m in sys.modules], [m for m in sys.modules if m.startswith('ledger.store')], "
        "code, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, argument],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.stderr.strip() == "[] [] 0"
    assert "euledger" in done.stdout


def test_the_lines_of_the_overview_are_those_of_the_commands() -> None:
    shown = {name: (command.help or "").splitlines()[0] for name, command in every_command() if " " not in name}
    assert shown == {name: line for name, (_, line) in COMMANDS.items()}


@pytest.mark.parametrize(("name", "command"), list(every_command()))
def test_help_gives_one_line_an_example_and_what_changes(name: str, command: click.Command) -> None:
    first, *rest = cleandoc(command.help or "").splitlines()
    assert first.endswith(".")
    text = "\n".join(rest)
    assert f"\b\nExample: euledger {'--db ledger.db ' if name == 'init' else ''}{name}" in text
    assert "\nChanges: " in text


@pytest.mark.parametrize("name", [name for name, _ in every_command()])
def test_help_works_and_fits_the_terminal(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([*name.split(), "-h"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Usage: euledger {name}")
    assert max(map(len, lines)) <= 80


def test_an_option_means_the_same_wherever_it_stands() -> None:
    meanings: dict[str, set[tuple[str, str | None]]] = {}
    for _, command in every_command():
        for option in command.params:
            if isinstance(option, click.Option):
                for word in option.opts:
                    meanings.setdefault(word, set()).add((str(option.name), option.help))
    shared = ["-n", "-o", "-f", "-q", "-v", "-y", "--as-of", "--known-at", "--fund", "--country", "--db"]
    assert {word: len(meanings[word]) for word in shared} == dict.fromkeys(shared, 1)
    assert [word for word, found in meanings.items() if len({name for name, _ in found}) > 1] == []


def test_alone_it_says_what_to_do_next(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main.main([]) == 0
    assert "there is no ledger at ledger.db yet" in capsys.readouterr().err
    (tmp_path / "ledger.db").touch()
    assert main.main([]) == 0
    assert "euledger import FILE" in capsys.readouterr().err
    assert main.main(["-q"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["reconsile"], "Did you mean: reconcile"),
        (["xyz"], "See: euledger --help"),
        (["imports", "lst"], "Did you mean 'list'?"),
        (["check", "--lst"], "'--list'"),
        (["import"], "Missing argument 'FILE...'"),
        (["import", "x.csv", "--set", "currency"], "is not written as FIELD=VALUE"),
        (["import", "x.csv", "--set", "fund=A", "--set", "fund=B"], "fund is given twice: 'A' and 'B'"),
        (["reconcile", "--as-of", "30/02/2024"], "is no day written as 2024-03-12"),
        (["reconcile", "--as-of", "2024-02-30"], "is no day written as 2024-03-12"),
        (["reconcile", "--as-of", "20240229"], "is no day written as 2024-03-12"),
        (["why", "F19", "--known-at", "soon"], "neither a batch number nor a date-time"),
        (["imports", "show", "one"], "is not a valid integer"),
    ],
)
def test_a_wrong_command_line_is_told_and_ends_with_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(arguments) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", "12"),
        ("2024-03-12", "2024-03-12"),
        ("2024-03-12 14:30", "2024-03-12T14:30"),
        ("2024-03-12T14:30:00+02:00", "2024-03-12T12:30:00"),
        ("2024-03-12T14:30:00Z", "2024-03-12T14:30:00"),
    ],
)
def test_known_at_is_a_batch_or_a_moment_in_utc(typed: str, meant: str) -> None:
    from ledger.cli.options import Known

    assert Known().convert(typed, None, None) == meant


@pytest.mark.parametrize(
    "arguments",
    [["--db", "a.db", "imports", "list"], ["imports", "list", "--db", "a.db"], ["seal", "-o", "c.txt", "--db", "a.db"]],
)
def test_the_ledger_is_named_before_or_after_the_command(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(arguments) == 4
    assert capsys.readouterr().err == "euledger: there is no ledger at a.db. Make one with: euledger init\n"


def test_a_database_problem_is_one_line_and_also_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(batches, "list_batches", failing(DatabaseProblem("the disk\nis full")))
    assert main.main(["imports", "list", "-f", "json"]) == 4
    told = capsys.readouterr()
    assert told.err == "euledger: the disk is full\n"
    assert json.loads(told.out) == {
        "schema": "euledger/imports-list/1",
        "ok": False,
        "exit_code": 4,
        "results": [],
        "findings": [],
        "error": "the disk is full",
    }


def test_an_internal_error_is_one_line_and_a_report_without_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url = "postgresql://anna:g%40heim@db.example/ledger"
    monkeypatch.setattr(batches, "list_batches", failing(ValueError(f"bad {url} with g@heim, password=hunter2")))
    monkeypatch.setenv("EULEDGER_DB", url)
    assert main.main(["imports", "list"]) == 5
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert "internal error (ValueError)" in told.err
    assert "Traceback" not in told.err
    (report,) = (tmp_path / "state").rglob("crash-*.txt")
    assert str(report) in told.err
    text = report.read_text(encoding="utf-8")
    assert "command: imports-list" in text
    assert "builtins.ValueError: (its message is left out: it may quote data)" in text
    assert "raise error" in text, "the lines of code are there"
    assert not any(secret in text for secret in ("g%40heim", "g@heim", "hunter2"))
    if os.name == "posix":
        assert report.stat().st_mode & 0o777 == 0o600


def test_the_report_goes_to_the_temporary_folder_where_the_state_folder_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a-file").touch()
    monkeypatch.setattr(crash, "_state_folder", lambda: tmp_path / "a-file" / "below")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert crash.write_report(ValueError("x"), "check", None) in set(tmp_path.glob("crash-*.txt"))


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(batches, "list_batches", failing(KeyboardInterrupt()))
    assert main.main(["imports", "list"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error(root: Path) -> None:
    program = "import sys; from ledger.cli.main import main; sys.stdin.readline(); sys.exit(main(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", program, "--help"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_full_disk_under_the_output_is_said_in_one_line(root: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    program = "import sys; from ledger.cli.main import main; sys.exit(main(sys.argv[1:]))"
    for form in ("text", "json"):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-c", program, "profile", "list", "-f", form],
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
                env={**os.environ, "PYTHONPATH": str(root)},
            )
        assert done.stderr == b"euledger: No space left on device\n"
        assert done.returncode == 4


def test_a_code_page_without_the_letters_does_not_end_the_run(root: Path) -> None:
    program = "from ledger.cli.main import main; main(['xyzŁ'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "cp1252"},
    )
    assert b"No such command 'xyz\\u0141'" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_revert_that_nobody_can_confirm_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(batches, "revert", failing(AssertionError("must not be called")))
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main.main(["imports", "revert", "1"]) == 2
    assert "add -y" in capsys.readouterr().err


def test_the_codes_of_the_session_follow_the_gravest_finding() -> None:
    from ledger.cli.exits import exit_for
    from ledger.domain.findings import Finding

    info, warning = Finding("column-unread", "x"), Finding("header-drift", "x")
    error, stop = Finding("tree-sum", "x"), Finding("file-missing", "x")
    assert [exit_for(f) for f in ([], [info], [info, warning], [error], [error, stop])] == [0, 0, 1, 1, 3]
    with pytest.raises(click.exceptions.Exit):
        Session().finish([], [stop], lambda: None)
