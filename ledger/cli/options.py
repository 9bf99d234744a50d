"""Every option that more than one command has, declared once: the same letter means the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click
from click import Context, Parameter

from ledger.cli.session import Session
from ledger.domain.overriding import override

F = TypeVar("F", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A day written as 2024-03-12."""

    name = "YYYY-MM-DD"

    @override
    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> date:
        """The day; refuses any other way of writing one."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        # fromisoformat also takes 20240312 and 2024-W11-2, which nobody means.
        if day is None or day.isoformat() != value:
            self.fail(f"{value!r} is no day written as 2024-03-12.", param, ctx)
        return day


class Known(click.ParamType[str]):
    """A batch number, or a moment: UTC unless it carries an offset; a day alone means its end."""

    name = "BATCH|DATE-TIME"

    @override
    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> str:
        """The batch number, day or moment as ISO text, an offset turned into UTC."""
        text = str(value).strip()
        if text.isascii() and text.isdigit():
            return text
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{value!r} is neither a batch number nor a date-time such as 2024-03-12T14:30.", param, ctx)
        return text.replace(" ", "T") if moment.tzinfo is None else moment.astimezone(UTC).isoformat()[:-6]


class Setting(click.ParamType[tuple[str, str]]):
    """FIELD=VALUE."""

    name = "FIELD=VALUE"

    @override
    def convert(self, value: Any, param: Parameter | None, ctx: Context | None) -> tuple[str, str]:
        """(field, value), with the blanks around them removed."""
        if isinstance(value, tuple):
            return value
        field, equals, text = value.partition("=")
        if not equals or not field.strip():
            self.fail(f"{value!r} is not written as FIELD=VALUE, such as currency=EUR.", param, ctx)
        return field.strip(), text.strip()


def _session(ctx: Context) -> Session:
    return ctx.ensure_object(Session)


def _set_database(ctx: Context, _: Parameter, value: str | None) -> None:
    if value is not None:
        _session(ctx).database_option = value


def _set_read_database(ctx: Context, _: Parameter, value: str | None) -> None:
    if value is not None:
        _session(ctx).read_database_option = value


def _set_quiet(ctx: Context, _: Parameter, value: bool) -> None:  # noqa: FBT001 - click's callback
    _session(ctx).is_quiet |= value


def _set_verbose(ctx: Context, _: Parameter, value: bool) -> None:  # noqa: FBT001 - click's callback
    _session(ctx).is_verbose |= value


def _set_format(ctx: Context, _: Parameter, value: str) -> None:
    _session(ctx).output_format = value


def _as_dict(ctx: Context, param: Parameter, pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for field, value in pairs:
        if settings.setdefault(field, value) != value:
            raise click.BadParameter(f"{field} is given twice: {settings[field]!r} and {value!r}.", ctx, param)
    return settings


def common() -> list[click.Parameter]:
    """The options that stand before the command as well as after it."""
    return [
        click.Option(
            ["--db"],
            metavar="URL|PATH",
            callback=_set_database,
            expose_value=False,
            help="The ledger. Else EULEDGER_DB, else euledger.toml, else ./ledger.db.",
        ),
        click.Option(
            ["--read-db"],
            metavar="URL|PATH",
            callback=_set_read_database,
            expose_value=False,
            help="A standby of the ledger, for whatever only reads. Else EULEDGER_READ_DB, else euledger.toml.",
        ),
        click.Option(
            ["-q", "--quiet"], is_flag=True, callback=_set_quiet, expose_value=False, help="Only results and problems."
        ),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            callback=_set_verbose,
            expose_value=False,
            help="Every line, nothing left out.",
        ),
    ]


class Command(click.Command):
    """A command that takes the common options too and tells the session its name."""

    def __init__(self, name: str | None, **attributes: Any) -> None:
        super().__init__(name, **_with_kept_lines(attributes))
        self.params += common()

    @override
    def invoke(self, ctx: Context) -> Any:
        """Run it; the name (`imports-list`) is that of its JSON schema."""
        _session(ctx).command = "-".join(ctx.command_path.split()[1:])
        return super().invoke(ctx)


class Group(click.Group):
    """A group of such commands; one that is a command as well takes the common options too."""

    command_class = Command
    #: click's sign for "a group inside is of the same kind"
    group_class = type

    def __init__(self, name: str | None, **attributes: Any) -> None:
        super().__init__(name, **_with_kept_lines(attributes))
        if self.invoke_without_command:
            self.params += common()


def _with_kept_lines(attributes: dict[str, Any]) -> dict[str, Any]:
    # A raw docstring writes click's "do not rewrap" mark as two signs.
    return {**attributes, "help": (attributes.get("help") or "").replace("\\b\n", "\b\n")}


def command(name: str) -> Callable[[Callable[..., Any]], Command]:
    """Makes a function a command of this house."""
    return click.command(name, cls=Command)


def group(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Group]:
    """Makes a function a group of commands of this house."""
    return click.group(name, cls=Group, **attributes)


def output_format(function: F) -> F:
    """-f/--format: sets the session's format."""
    return output_format_or()(function)


def output_format_or(*others: str) -> Callable[[F], F]:
    """-f/--format of a command that knows other formats too."""
    return click.option(
        "-f",
        "--format",
        type=click.Choice(["text", "json", *others]),
        default="text",
        is_eager=True,
        expose_value=False,
        callback=_set_format,
        help="Text for people or JSON for programs.",
    )


def dry_run(function: F) -> F:
    """-n/--dry-run."""
    return click.option("-n", "--dry-run", is_flag=True, help="Do all of it, show the result, keep nothing.")(function)


def yes(function: F) -> F:
    """-y/--yes."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)


def output(function: F) -> F:
    """-o/--output."""
    from pathlib import Path

    return click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write the result there; the ending says as what.",
    )(function)


def settings(function: F) -> F:
    """--set FIELD=VALUE, as a dict."""
    return click.option(
        "--set",
        "settings",
        type=Setting(),
        multiple=True,
        callback=_as_dict,
        help="State for the whole file what it does not say: currency=EUR, fund=AMIF, stage=committed. Repeatable.",
    )(function)


def side_settings(function: F) -> F:
    """--left-set, --right-set as dicts; --left-where, --right-where as pairs."""
    for side in ("right", "left"):
        function = click.option(
            f"--{side}-where",
            type=Setting(),
            multiple=True,
            help=f"Of {side.upper()} only rows whose column has this value; repeat the column for several. Repeatable.",
        )(function)
        function = click.option(
            f"--{side}-set",
            f"{side}_settings",
            type=Setting(),
            multiple=True,
            callback=_as_dict,
            help=f"--set for {side.upper()} alone. Repeatable.",
        )(function)
    return function


def with_illustrative(function: F) -> F:
    """--with-illustrative."""
    return click.option(
        "--with-illustrative", is_flag=True, help="Count made-up example data too; the result says so."
    )(function)


def public_key(function: F) -> F:
    """--key, the public one."""
    return click.option(
        "--key", metavar="KEY|FILE", help="The public key that must have signed, or the file that holds it."
    )(function)


def known_at(function: F) -> F:
    """--known-at."""
    return click.option(
        "--known-at", type=Known(), help="As the ledger knew it then: a batch number or a date-time (UTC)."
    )(function)


def scope(function: F) -> F:
    """--fund, --country."""
    function = click.option(
        "--country", multiple=True, metavar="CODE", help="Only this country, EC or ISO code. Repeatable."
    )(function)
    return click.option("--fund", multiple=True, metavar="CODE", help="Only this fund. Repeatable.")(function)


def filters(function: F) -> F:
    """--as-of, --known-at, --fund, --country."""
    return as_of(known_at(scope(function)))


def as_of(function: F) -> F:
    """--as-of."""
    return click.option("--as-of", type=Day(), help="Only what had happened by the end of this day.")(function)


def stage(function: F) -> F:
    """--stage."""
    from ledger.domain.stages import Stage

    stages = [str(each) for each in Stage if each is not Stage.OUTSIDE]
    return click.option("--stage", type=click.Choice(stages), help="Stage of the money.  [default: committed]")(
        function
    )


def basis(function: F) -> F:
    """--basis."""
    from ledger.domain.stages import Basis

    bases = [*(str(each) for each in Basis), "total"]
    return click.option("--basis", type=click.Choice(bases), help="Whose money it is.  [default: eu]")(function)
