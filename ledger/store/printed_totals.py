"""Totals that sheets print, kept as published figures of their own that are measured against their cells."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from sqlalchemy import Connection, insert, select

from ledger.domain.money import display, plain
from ledger.domain.records import PrintedTotal, ReadSheet
from ledger.store import journal
from ledger.store.context import Context
from ledger.store.models import PublishedFigure, PublishedFigureVersion

#: Names that one statement asks for.
_LOT = 500


def withdraw(context: Context, succeeded: set[int]) -> None:
    """Printed totals of earlier lists that this batch's list takes the place of no longer stand to be judged."""
    if succeeded:
        numbers = ", ".join(map(str, sorted(succeeded)))
        journal.copy_versions(
            context,
            "published_figure_version",
            f"SELECT v.id FROM published_figure_version v WHERE v.origin = 'printed-total' AND v.batch_id IN ({numbers}) "
            "AND v.is_withdrawn = false AND v.id = (SELECT max(w.id) FROM published_figure_version w "
            "WHERE w.figure_id = v.figure_id)",
            withdrawn=True,
        )


def keep(connection: Connection, batch_id: int, file: str, sheet: ReadSheet) -> None:
    """Each total that the sheet prints becomes a published figure of its own, measured against its cells."""
    totals: dict[str, PrintedTotal] = {}
    for total in sheet.totals:
        letter = total.cells.rstrip("0123456789").split(":")[-1]
        totals[f"{file}!{sheet.name}!{letter}{total.row}" if sheet.name else f"{file}!{letter}{total.row}"] = total
    if not totals:
        return
    known = _figures(connection, batch_id, list(totals))
    # A name may be taken by a figure that this login does not see.
    hidden = {f"{ref} #{batch_id}": ref for ref in totals if ref not in known}
    known |= {hidden[name]: number for name, number in _figures(connection, batch_id, list(hidden)).items()}
    always = {
        "batch_id": batch_id,
        "is_withdrawn": False,
        "digest": "",
        "origin": "printed-total",
        "scope": "FUNDING",
        "kind": "printed total",
        "source": file,
        "qualifier": "total",
        "measure": "sum",
        "rule": "R-TOTAL",
        "is_target": False,
    }
    connection.execute(
        insert(PublishedFigureVersion),
        [
            {
                **always,
                "figure_id": known[ref],
                "quote": f"{total.label}: {display(total.printed_minor, total.currency)}",
                "value": plain(total.printed_minor, total.currency),
                "unit": total.currency,
                "scope_cells": total.cells,
                "cells_value": plain(total.computed_minor, total.currency),
            }
            for ref, total in totals.items()
        ],
    )


def _figures(connection: Connection, batch_id: int, refs: Sequence[str]) -> dict[str, int]:
    """The numbers of these figures, made where they are new; a name that is taken out of sight has none."""
    known = _numbers(connection, refs)
    if new := [ref for ref in refs if ref not in known]:
        # Not at the top: the one brings asyncio with it, for nobody who keeps his ledger in a file.
        dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
        made = dialect.insert(PublishedFigure).on_conflict_do_nothing(index_elements=["ref"])
        connection.execute(made, [{"ref": ref, "batch_id": batch_id} for ref in new])
        known |= _numbers(connection, new)
    return known


def _numbers(connection: Connection, refs: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at in range(0, len(refs), _LOT):
        query = select(PublishedFigure.ref, PublishedFigure.id).where(PublishedFigure.ref.in_(refs[at : at + _LOT]))
        found |= {ref: int(number) for ref, number in connection.execute(query)}
    return found
