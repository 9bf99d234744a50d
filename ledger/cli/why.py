"""`euledger why`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ledger.cli import options
from ledger.cli.console import SHOWN_AT_MOST, Console
from ledger.cli.session import Session, pass_session
from ledger.domain.money import display

if TYPE_CHECKING:
    from ledger.actions.why import WhyNode


@options.command("why")
@click.argument("ref")
@options.with_illustrative
@options.known_at
@options.output_format
@pass_session
def why(session: Session, *, ref: str, with_illustrative: bool, known_at: str | None) -> None:
    r"""Unfold a number into the cells it comes from.

    REF is a figure, an envelope, a programme, a project, or a scope such as
    fund=AMIF,country=TN,year=2022,stage=paid.

    \b
    Example: euledger why F19 --with-illustrative
    Changes: nothing.
    """
    from ledger.actions import why as action

    found = action.why(session.database_to_read(), ref, with_illustrative=with_illustrative, known_at=known_at)

    def text() -> None:
        for node in found.nodes:
            print_tree(session.console, node)

    session.finish([node.as_json() for node in found.nodes], found.findings, text)


def print_tree(console: Console, root: WhyNode) -> None:
    """The tree, a line a node, indented; long branches are cut at 20 lines unless verbose."""
    for line in _lines(root, 0, at_most=None if console.verbose else SHOWN_AT_MOST):
        console.say(line)


def _lines(node: WhyNode, depth: int, at_most: int | None) -> Iterator[str]:
    parts = [node.label]
    if node.minor is not None:
        parts.append(display(node.minor, node.currency))
    if node.cell is not None:
        stated = node.as_json()
        place = "!".join(filter(None, (stated["file"], stated["sheet"], stated["cell"])))
        parts.append(f'← {place} "{node.raw}"')
    if node.rule:
        parts.append(f"({node.rule})")
    if node.note:
        parts.append(node.note)
    if node.is_illustrative:
        parts.append("ILLUSTRATIVE")
    indent = "  " * depth
    yield indent + "  ".join(part for part in parts if part)
    for child in node.children[:at_most]:
        yield from _lines(child, depth + 1, at_most)
    if at_most is not None and len(node.children) > at_most:
        yield f"{indent}  … and {len(node.children) - at_most} more (use -v or --format json)"
