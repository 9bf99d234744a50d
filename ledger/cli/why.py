"""`euledger why`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from ledger.cli import options
from ledger.cli.console import SHOWN_AT_MOST, Console, shown
from ledger.cli.session import Session, pass_session

if TYPE_CHECKING:
    from ledger.actions.why import WhyNode


@options.command("why")
@click.argument("ref")
@options.with_illustrative
@options.filters
@options.output_format
@pass_session
def why(
    session: Session,
    *,
    ref: str,
    with_illustrative: bool,
    as_of: date | None,
    known_at: int | datetime | None,
    fund: tuple[str, ...],
    country: tuple[str, ...],
) -> None:
    """Unfold a number into the cells it comes from.

    REF is a figure, an envelope, a programme or a project.

    \b
    Example: euledger why F19 --with-illustrative
    Changes: nothing.
    """
    from ledger.actions import why as action

    found = action.why(
        session.database(), ref, with_illustrative=with_illustrative, as_of=as_of, known_at=known_at, fund=fund,
        country=country,
    )

    def text() -> None:
        if found.root is not None:
            print_tree(session.console, found.root)

    session.finish(found.root, found.findings, text)


def print_tree(console: Console, root: WhyNode) -> None:
    """The tree, a line a node, indented; long branches are cut at 20 lines unless verbose."""
    for line in _lines(root, 0, at_most=None if console.verbose else SHOWN_AT_MOST):
        console.say(line)


def _lines(node: WhyNode, depth: int, at_most: int | None) -> Iterator[str]:
    parts = [node.label]
    if node.amount is not None:
        parts.append(shown(node.amount))
    if node.cell:
        parts.append(f"← {node.cell}")
    if node.raw is not None:
        parts.append(f'"{node.raw}"')
    if node.rule:
        parts.append(f"({node.rule})")
    indent = "  " * depth
    yield indent + "  ".join(parts)
    for child in node.children[:at_most]:
        yield from _lines(child, depth + 1, at_most)
    if at_most is not None and len(node.children) > at_most:
        yield f"{indent}  … and {len(node.children) - at_most} more (use -v or --format json)"
