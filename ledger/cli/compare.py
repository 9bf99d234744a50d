"""`euledger compare`: what two lists have in common, what differs, and a difference that adds up."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ledger.cli import options
from ledger.cli.console import Column, Console
from ledger.cli.exits import CLEAN, FINDINGS, exit_for
from ledger.cli.session import Session, UserError, pass_session
from ledger.domain.findings import place_text
from ledger.domain.money import Money, grouped

if TYPE_CHECKING:
    from datetime import date

    from ledger.actions.compare import Compared
    from ledger.actions.compare_lines import Line
    from ledger.actions.compare_sides import Asked, ReadSide
    from ledger.reconcile.comparison.model import Item, Place

#: Lines of text that are shown of each list unless -v asks for all.
_SHOWN = 30
#: Measures whose sums stand side by side; more stand in a line each, without their parts.
_SIDE_BY_SIDE = 3


@options.command("compare")
@click.argument("left")
@click.argument("right")
@click.option("-p", "--profile", metavar="NAME|PATH", help="How both files are read. Else what recognises each.")
@click.option("--left-profile", metavar="NAME|PATH", help="How the file LEFT is read.")
@click.option("--right-profile", metavar="NAME|PATH", help="How the file RIGHT is read.")
@options.settings
@options.side_settings
@click.option(
    "--accept", type=click.IntRange(1, 100), metavar="SCORE", help="Take likenesses from this score on as pairs."
)
@click.option(
    "--pairs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Take the references in the columns left and right of this csv as pairs.",
)
@options.stage
@options.basis
@options.output
@options.with_illustrative
@options.filters
@options.output_format
@pass_session
def compare(session: Session, /, *, left: str, right: str, output: Path | None, **asked: Any) -> None:
    r"""Hold a list, batch or ledger against another.

    LEFT and RIGHT: ledger, batch:N, a file, or a path or URL of another ledger.
    Rows are matched by source and reference; likeness only makes proposals.

    \b
    Example: euledger compare ledger list-of-june.xlsx --set currency=EUR
    Changes: nothing; -o writes a file (xlsx or csv). 0 when equal.
    """
    from ledger.actions import compare as action
    from ledger.actions import compare_lines

    ours, theirs = (_side(name, side, asked) for side, name in (("left", left), ("right", right)))
    done = action.compare(
        ours,
        theirs,
        ledger=cache(session.database_to_read),
        ledger_at=session.database_at,
        limits=_limits(asked),
        accept=action.Accept(asked["accept"], action.read_pairs(asked["pairs"]) if asked["pairs"] else ()),
        profile_dirs=session.settings().profile_dirs,
    )
    if output is not None:
        try:
            compare_lines.write(done, output)
        except OSError as error:
            raise UserError(f"cannot write {output}: {error.strerror or error}.") from error
    told = compare_lines.lines(done)

    def text() -> None:
        print_compared(session.console, done, told)
        if output is not None:
            session.console.talk(f"Written: {output}")

    code = max(exit_for([*done.findings, *session.notes]), FINDINGS if done.differs else CLEAN)
    session.finish(as_json(done, told), done.findings, text, code=code)


def _side(name: str, side: str, asked: dict[str, Any]) -> Asked:
    from ledger.actions.compare_sides import Asked

    where: dict[str, list[str]] = {}
    for field, value in asked[f"{side}_where"]:
        where.setdefault(field, []).append(value)
    settings = {**asked["settings"], **asked[f"{side}_settings"]}
    return Asked(name, asked[f"{side}_profile"] or asked["profile"], settings, where)


def _limits(asked: dict[str, Any]) -> Any:
    from ledger.actions.compare_sides import Limits

    as_of: date | None = asked["as_of"]
    return Limits(
        asked["fund"],
        asked["country"],
        asked["stage"],
        asked["basis"],
        as_of,
        asked["known_at"],
        asked["with_illustrative"],
    )


# --- JSON ------------------------------------------------------------------------------------------------------------


def as_json(done: Compared, told: list[Line]) -> dict[str, Any]:
    """Both sides, the sums, every row that differs, the proposals and what one side shows by itself."""
    found = done.comparison
    return {
        "left": _side_json(done.left),
        "right": _side_json(done.right),
        "counts": counts(done),
        "measures": [
            {
                **one.measure._asdict(),
                "field": one.field,
                "right_stage": one.right_measure.stage,
                "right_basis": one.right_measure.basis,
                **{
                    name: Money(getattr(one, name), one.measure.currency)
                    for name in ("left", "right", "difference", "extra", "missing", "changed")
                },
            }
            for one in found.balances
        ],
        "differences": [_line_json(line) for line in told],
        "proposals": [
            {
                "left": _item_json(one.left),
                "right": _item_json(one.right),
                "score": one.score,
                "reasons": list(one.reasons),
                "tied": one.is_tied,
            }
            for one in found.proposals
        ],
        "causes": [
            {
                "side": one.side,
                "kind": one.kind,
                "rows": [row for item in one.items for row in _rows(item)],
                "field": one.measure.field,
                "effect": Money(one.minor, one.measure.currency),
                "why": one.why,
            }
            for one in found.suspicions
        ],
        "apart": [
            {"side": side, **measure._asdict(), "field": measure.field, "total": Money(minor, measure.currency)}
            for side, measure, minor in found.apart
        ],
        "fields_apart": found.fields_apart,
    }


def counts(done: Compared) -> dict[str, int]:
    """How many pairs there are and how many of them are equal or changed, and what stands on one side alone."""
    found = done.comparison
    return {
        "matched": len(found.pairs),
        "equal": len(found.pairs) - len(found.changed),
        "changed": len(found.changed),
        "extra": len(found.extra),
        "missing": len(found.missing),
        "proposals": len(found.proposals),
        "accepted": sum(pair.by in ("given", "likeness") for pair in found.pairs),
    }


def _side_json(side: ReadSide) -> dict[str, Any]:
    return {
        "name": side.name,
        "kind": side.kind,
        "file": side.file,
        "sha256": side.sha256,
        "profile": side.profile,
        "source": side.source,
        "batch": side.batch,
        "as_of": side.as_of,
        "items": len(side.side.items),
        "left_out": side.left_out,
    }


def _line_json(line: Line) -> dict[str, Any]:
    effects = [
        {
            **one.measure._asdict(),
            "field": one.field,
            "left": one.left if line.left else None,
            "right": one.right if line.right else None,
            "effect": one.effect,
        }
        for one in line.effects
    ]
    return {
        "kind": line.kind,
        "ref": line.item.ref,
        "source": line.item.source,
        "title": line.item.fields.get("title"),
        "left": _named(line.left[0]) if line.left else None,
        "right": _named(line.right[0]) if line.right else None,
        "matched_by": line.by,
        "effect": line.effects[0].effect if line.effects else None,
        "effects": effects,
        "fields": [_change_json(change) for change in line.changes],
        "cause": line.cause,
        "with": [item.ref for item in line.suspicion.items if item.places != line.item.places]
        if line.suspicion
        else [],
        "rows": [{"side": side, **row} for side, items in _sides(line) for item in items for row in _rows(item)],
    }


def _sides(line: Line) -> list[tuple[str, tuple[Item, ...]]]:
    return [("left", line.left), ("right", line.right)]


def _change_json(change: Any) -> dict[str, Any]:
    values = (change.left, change.right)
    left, right = values if change.currency is None else (Money(minor, change.currency) for minor in values)
    return {"field": change.field, "left": left, "right": right}


def _named(item: Item) -> dict[str, Any]:
    return {"ref": item.ref, "source": item.source, "title": item.fields.get("title")}


def _item_json(item: Item) -> dict[str, Any]:
    return {**_named(item), "rows": _rows(item)}


def _rows(item: Item) -> list[dict[str, Any]]:
    """The rows of an item, as the causes of a difference name them."""
    return [
        {"ref": item.ref, "file": place.file, "sheet": place.sheet, "row": place.row, "batch": place.batch}
        for place in item.places
    ]


# --- text ------------------------------------------------------------------------------------------------------------


def print_compared(console: Console, done: Compared, told: list[Line]) -> None:
    """The sides, the sums, the rows that differ, fields that changed, proposals, and doubts of one side."""
    for word, side in (("Left", done.left), ("Right", done.right)):
        marks = [f"profile {side.profile}" if side.profile else "", f"source {side.source}" if side.source else ""]
        marks += [f"{side.left_out} left out" if side.left_out else ""]
        console.say(f"{word + ':':<7}{side.name}, {', '.join([f'{len(side.side.items)} items', *filter(None, marks)])}")
    if not done.comparison.balances and not done.comparison.pairs and not told:
        return
    _print_sums(console, done)
    number = counts(done)
    console.say(
        f"Matched {number['matched']} ({number['equal']} equal, {number['changed']} changed); "
        f"only left {number['extra']}, only right {number['missing']}."
    )
    _print_lines(console, done, told)
    _print_rest(console, done)


def _print_sums(console: Console, done: Compared) -> None:
    from ledger.actions.compare import measure_text

    sums = [one for one in done.comparison.balances if any((one.left, one.right, one.extra, one.missing, one.changed))]
    names = {
        "Left": "left",
        "Right": "right",
        "Difference": "difference",
        "  only left": "extra",
        "  less only right": "missing",
        "  changed": "changed",
    }
    texts = [measure_text(one.measure) for one in sums]
    money = [[Money(getattr(one, name), one.measure.currency) for name in names.values()] for one in sums]
    if len(sums) <= _SIDE_BY_SIDE:
        lines: list[tuple[object, ...]] = list(zip(names, *money, strict=True))
        console.table([Column("Amounts"), *(Column(text, is_number=True) for text in texts)], lines)
    else:
        lines = [(text, *amounts[:3]) for text, amounts in zip(texts, money, strict=True)]
        console.table([Column("Amounts"), *(Column(word, is_number=True) for word in list(names)[:3])], lines)


def _print_lines(console: Console, done: Compared, told: list[Line]) -> None:
    from ledger.actions.compare_lines import FIELD, parts

    money = [line for line in told if line.kind != FIELD]
    several = len(done.comparison.balances) > 1
    rows = []
    for line in _few(console, money):
        place = (line.left or line.right)[0].places
        what = line.kind + (f", {line.cause}" if line.cause else "")
        for name, left, right, effect in parts(line):
            if effect is not None or not line.effects:
                ours, theirs = grouped(left) if line.left else "", grouped(right) if line.right else ""
                rows.append(
                    (what, line.item.ref, *([name] if several else []), ours, theirs, effect, *map(_row, place[:1]))
                )
    columns = [Column("Kind"), Column("Reference"), *([Column("Field")] if several else [])]
    columns += [Column(name, is_number=True) for name in ("Left", "Right", "Effect")]
    console.table([*columns, Column("Row")], rows)
    _more(console, money)
    often = Counter(change.field for line in told for change in line.changes if change.currency is None)
    if often:
        console.say("Other fields that changed: " + ", ".join(f"{name} {n}" for name, n in often.most_common()) + ".")
    if console.verbose:
        texts = [(line, part) for line in told for part in parts(line) if part[3] is None and part[0]]
        fields = [Column("Reference"), Column("Field"), Column("Left"), Column("Right")]
        console.table(fields, [(line.item.ref, name, left, right) for line, (name, left, right, _) in texts])


def _row(place: Place) -> str:
    return place_text(place.sheet, str(place.row))


def _print_rest(console: Console, done: Compared) -> None:
    proposals, doubts = done.comparison.proposals, done.comparison.suspicions
    if proposals:
        console.say(f"Look alike, not taken as the same ({len(proposals)}; --accept SCORE or --pairs FILE takes them):")
        console.table(
            [Column("Score", is_number=True), Column("Left"), Column("Right"), Column("Reasons")],
            [
                (one.score, one.left.ref, one.right.ref, ", ".join(one.reasons) + (", tied" if one.is_tied else ""))
                for one in _few(console, proposals)
            ],
        )
        _more(console, proposals)
    if doubts:
        console.say(f"Stated twice on one side ({len(doubts)}):")
        console.table(
            [Column("Side"), Column("Kind"), Column("References"), Column("Twice", is_number=True), Column("Why")],
            [
                (
                    one.side,
                    one.kind,
                    ", ".join(item.ref for item in one.items[:4]) + (" …" if len(one.items) > 4 else ""),
                    Money(one.minor, one.measure.currency),
                    one.why,
                )
                for one in _few(console, doubts)
            ],
        )
        _more(console, doubts)


def _few(console: Console, found: list[Any]) -> list[Any]:
    return found if console.verbose else found[:_SHOWN]


def _more(console: Console, found: list[Any]) -> None:
    if len(found) > _SHOWN and not console.verbose:
        console.say(f"… and {len(found) - _SHOWN} more: -v shows all, -o FILE writes them.")
