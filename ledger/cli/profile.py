"""`euledger profile`: how files are read."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli import options
from ledger.cli.console import Column
from ledger.cli.session import Session, UserError, pass_session
from ledger.reporting.exact_json import plain


@options.group("profile")
def profile() -> None:
    r"""How files are read: list, show, new, test.

    \b
    Example: euledger profile list
    Changes: nothing in the ledger.
    """


@profile.command("list")
@options.output_format
@pass_session
def list_(session: Session) -> None:
    r"""The profiles there are: shipped ones, and those of the folders that euledger.toml names.

    \b
    Example: euledger profile list
    Changes: nothing.
    """
    from ledger.actions import profiles

    found, findings = profiles.list_profiles(session.settings().profile_dirs)
    columns = [Column("profile"), Column("kind"), Column("title"), Column("from")]

    def text() -> None:
        session.console.table(columns, [(p.profile, ", ".join(p.kinds), p.title, p.folder or "shipped") for p in found])

    session.finish(found, findings, text)


@profile.command("show")
@click.argument("name")
@options.output_format
@pass_session
def show(session: Session, *, name: str) -> None:
    r"""The text of one profile.

    \b
    Example: euledger profile show cpr-operations
    Changes: nothing.
    """
    from ledger.actions import profiles

    found = profiles.show_profile(name, session.settings().profile_dirs)
    result = None if found.line is None else {**(plain(found.line) or {}), "text": found.text}
    session.finish(result, found.findings, lambda: session.console.say(found.text.rstrip("\n")) if found.text else None)


@profile.command("new")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the profile. Else that of the file.")
@options.output
@options.settings
@options.output_format
@pass_session
def new(session: Session, *, file: Path, name: str | None, output: Path | None, settings: dict[str, str]) -> None:
    r"""Write a commented profile for a file that no profile knows.

    Every line that was inferred says how sure it is and why. Nothing of the
    file is imported.

    \b
    Example: euledger profile new list.xlsx -o profiles/list.toml
    Changes: writes the file named with -o, which must not exist yet.
    """
    from ledger.actions import profiles

    made = profiles.new_profile(file, name or (output.stem if output else None), settings)
    if output is not None and made.text:
        try:
            with output.open("x", encoding="utf-8", newline="\n") as handle:
                handle.write(made.text)
        except FileExistsError as error:
            raise UserError(f"{output} is there already; name another file with -o") from error
        except OSError as error:
            raise UserError(f"{output} cannot be written: {error.strerror}") from error

    def text() -> None:
        if made.text and output is None:
            session.console.say(made.text.rstrip("\n"))
        elif made.text:
            session.console.say(f"{output}: profile {made.profile} for files like {made.file}")

    session.finish(made, made.findings, text)


@profile.command("test")
@click.argument("name", required=False)
@click.option(
    "--golden",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder with golden records; also the folders of profiles are searched.",
)
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write down what NAME makes of this file, as NAME.golden.json beside it.",
)
@options.settings
@options.output_format
@pass_session
def test(
    session: Session, *, name: str | None, golden: tuple[Path, ...], write: Path | None, settings: dict[str, str]
) -> None:
    r"""Hold profiles against their golden records: NAME.golden.json beside an input file.

    \b
    Example: euledger profile test cpr-operations --golden tests/profiles
    Changes: nothing; with --write, the golden file.
    """
    from ledger.actions import profiles

    folders = session.settings().profile_dirs
    if write is not None:
        if name is None:
            raise UserError("--write needs the NAME of the profile")
        target, findings = profiles.write_golden(name, write, settings, folders)
        session.finish(
            target and str(target),
            findings,
            lambda: session.console.say(f"{target}: look it over, then keep it") if target else None,
        )
    lines, findings = profiles.run_golden(name, folders, golden)
    columns = [Column("profile"), Column("golden records"), Column("records", is_number=True), Column("result")]

    def text() -> None:
        session.console.table(
            columns, [(x.profile, x.golden, x.records, "as expected" if x.ok else "differs") for x in lines]
        )
        if not lines:
            session.console.talk("No golden records were found. Name their folder with --golden.")

    session.finish(lines, findings, text)
