"""A group that imports a command only when it is called, so that --version and --help stay quick."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from ledger.cli.options import Group
from ledger.domain.overriding import override


class LazyGroup(Group):
    """`commands_at` maps a command's name to ("module:attribute", its one line of help)."""

    def __init__(self, name: str, *, commands_at: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(name, **attributes)
        self.commands_at = commands_at

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the work."""
        return list(self.commands_at)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command, imported now; None for an unknown name."""
        if cmd_name not in self.commands_at:
            return None
        module, _, attribute = self.commands_at[cmd_name][0].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with suggestions from the commands that are not imported yet."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if args[0] in self.commands_at or args[0].startswith("-"):
                raise
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.commands_at)
            hint = f" Did you mean: {', '.join(near)}?" if near else " See: euledger --help"
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx) from error

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Names and lines from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.commands_at.items()])
