"""Why a number is what it is: from a figure, record, batch, booking or scope down to the cells, their raw text and file.

The raw text is read again from the stored bytes of the file, not from what the import made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ledger.actions import rights, scope
from ledger.actions.scope import UsageProblem
from ledger.actions.why_refs import resolve, suggestions
from ledger.actions.why_trees import Trees, money_of
from ledger.domain.findings import Finding
from ledger.domain.stages import Basis, Stage
from ledger.domain.trees import Node
from ledger.store import batches, provenance, records, schema
from ledger.store.database import Connection, Database
from ledger.store.provenance import Contribution
from ledger.store.totals import KEYS, Filter

#: What a key of `summary` shows where there is no value.
_NOTHING = ("", "–", "-")


@dataclass(slots=True)
class WhyResult:
    """The trees of everything that the reference names. They hold all they need: the ledger may be closed."""

    ref: str
    nodes: list[Node] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def why(
    database: Database,
    ref: str | None = None,
    *,
    stage: str | None = None,
    basis: str | None = None,
    funds: Sequence[str] = (),
    countries: Sequence[str] = (),
    where: Sequence[tuple[str, str]] = (),
    as_of: date | None = None,
    known_at: str | int | datetime | None = None,
    with_illustrative: bool = False,
    currency: str | None = None,
    at_most: int | None = None,
) -> WhyResult:
    """Unfold `ref`, or the line of `summary` that the filters choose; `where` gives values of other keys of a summary.

    What `ref` may be is listed in `why_refs.RESOLVERS`. Filters narrow every tree; without `ref` stage and basis are
    committed and EU share unless they say otherwise. `currency` "EUR" converts a total at the rates of its last day, as a
    bridge does its end, and shows them. With `at_most`, no more than so many branches of a node are read to
    their cells. Raises UsageProblem for a filter that names nothing.
    """
    schema.require_current(database)
    with database.read() as connection:
        limits = scope.build(
            connection,
            stage=stage,
            basis=basis,
            funds=funds,
            countries=countries,
            as_of=as_of,
            known_at=known_at,
            with_illustrative=with_illustrative,
            equal=tuple(_equal(name, value) for name, value in where),
        )
        trees = Trees(connection, limits, at_most)
        findings = rights.limited(rights.limit(connection))
        if ref is None:
            label = _said(stage, basis, funds, countries, where)
            result = WhyResult(label, trees.total(label, _line(limits, basis)))
        else:
            result = WhyResult(ref, resolve(trees, ref, basis=basis))
        if currency is not None:
            _check_currency(currency, ref)
            result.nodes = trees.in_euro(result.ref, result.nodes, as_of or _last_day(connection, limits))
        if not result.nodes:
            findings.append(_unknown(connection, ref))
        elif len(result.nodes) > 1 and ref is not None and "=" not in ref:
            names = ", ".join(_named(node) for node in result.nodes)
            findings.append(Finding("reference-ambiguous", f"{ref!r} names several things: {names}"))
        result.findings = [*findings, *trees.findings]
    return result


def contributions_of(connection: Connection, ref: str) -> list[Contribution]:
    """The live transfers behind a record or a scope; none where nothing has that name."""
    if "=" in ref:
        wanted = replace(scope.parse_scope(connection, ref), with_illustrative=True)
        return provenance.contributions(connection, wanted)
    found = (provenance.contributions(connection, money_of(named)) for named in records.find(connection, ref))
    return [part for parts in found for part in parts]


def _line(limits: Filter, basis: str | None) -> Filter:
    """The question of `summary` with the same filters."""
    bases = limits.bases if basis is not None else (Basis.EU.value,)
    return replace(limits, stage=limits.stage or Stage.COMMITTED.value, bases=bases)


def _check_currency(currency: str, ref: str | None) -> None:
    if currency != "EUR":
        raise UsageProblem(f"rates are kept against the euro: a total can be in EUR, not in {currency}")
    if ref is not None and "=" not in ref:
        raise UsageProblem("--in converts a total: a scope such as fund=AMIF, or filters without a reference")


def _last_day(connection: Connection, limits: Filter) -> date:
    """The day on which the last batch that counts was recorded."""
    last = batches.last(connection) if limits.known_at is None else limits.known_at
    head = batches.find(connection, last)
    return date.min if head is None else date.fromisoformat(str(head["recorded_at"])[:10])


def _said(
    stage: str | None,
    basis: str | None,
    funds: Sequence[str],
    countries: Sequence[str],
    where: Sequence[tuple[str, str]],
) -> str:
    """The filters as a scope that may be typed in their place."""
    pairs = [("fund", ";".join(funds)), ("country", ";".join(countries)), *where]
    pairs += [("stage", stage or Stage.COMMITTED.value), ("basis", basis or Basis.EU.value)]
    return ",".join(f"{name}={value}" for name, value in pairs if value)


def _equal(name: str, value: str) -> tuple[str, str | None]:
    if name not in KEYS:
        raise UsageProblem(f"{name!r} is nothing that summary sums up by; there are: {', '.join(KEYS)}")
    if value.strip() in _NOTHING:
        return (name, "0") if name == "year" else (name, None)
    return name, value


def _named(node: Node) -> str:
    if sha256 := node.facts.get("sha256"):
        return f"{node.label} (SHA-256 {sha256[:12]}…)"
    source = node.facts.get("source")
    return f"{node.kind} {source}:{node.label}" if source else f"{node.kind} {node.label}"


def _unknown(connection: Connection, ref: str | None) -> Finding:
    if ref is None:
        return Finding("reference-unknown", "nothing in the ledger answers to these filters")
    near = suggestions(connection, ref)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return Finding("reference-unknown", f"nothing in the ledger is called {ref!r}{hint}", values={"suggestions": near})
