"""A tree as lines of text: a number a line, a booking with its one cell on the same line, the files' hashes at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ledger.domain.findings import place_text
from ledger.domain.money import display, grouped
from ledger.domain.trees import Node

#: Facts that a line says by themselves, in their order, with what stands before them.
_SAID = {"count": "counted: ", "transfer": "transfer ", "batch": "batch ", "recorded_at": "", "state": ""}
#: What only the kinds that are about it say: elsewhere it would repeat itself on every line.
_ONLY = {
    "transfer": ("reversed", "moved"), "batch": ("reversal",), "state": ("counted",), "recorded_at": ("batch",),
}  # fmt: skip


def lines(nodes: Iterable[Node], at_most: int | None = None) -> Iterator[str]:
    """The trees, then the files that were named with their SHA-256; more than `at_most` branches are counted and summed."""
    files: dict[str, str] = {}
    for node in nodes:
        yield from _lines(node, 0, at_most, files)
    if files:
        yield "Files, with their SHA-256:"
        yield from (f"  {name}  {sha256}" for sha256, name in files.items())


def _lines(node: Node, depth: int, at_most: int | None, files: dict[str, str]) -> Iterator[str]:
    chain = [node]
    # A booking of one row, made from one cell, is one line.
    while len(children := chain[-1].children) == 1 and _continues(chain[-1], only := children[0]):
        chain.append(only)
    indent = "  " * depth
    yield indent + "  ".join(filter(None, (*_number(node), *_cell(chain[-1], files), *_remarks(chain))))
    last = chain[-1]
    shown = last.children if at_most is None else last.children[:at_most]
    for child in shown:
        yield from _lines(child, depth + 1, at_most, files)
    if left := len(last.children) - len(shown):
        rest = ""
        if last.minor is not None:
            rest = f", {display(last.minor - sum(child.minor or 0 for child in shown), last.currency)}"
        yield f"{indent}  … and {grouped(str(left))} more{rest} (--all, or -o FILE, gives everything)"


def _continues(node: Node, only: Node) -> bool:
    """Whether the only child of a node says the same number, and so may stand on its line."""
    same = only.minor == node.minor and only.currency == node.currency
    return same and only.kind in ("transfer", "row", "cell") and node.kind not in ("figure", "group", "total", "batch")


def _number(node: Node) -> Iterator[str]:
    yield node.label if node.kind not in ("cell", "row") else ""
    if node.minor is not None:
        yield display(node.minor, node.currency)
    elif isinstance(states := node.facts.get("states"), dict):
        yield f"{states['currency']} {grouped(states['amount'])}"


def _cell(node: Node, files: dict[str, str]) -> Iterator[str]:
    facts = node.facts
    if "sha256" in facts:
        files.setdefault(facts["sha256"], facts["file"])
    if node.kind == "row":
        yield f"← {node.label}"
    if facts.get("cell"):
        place = place_text(facts["file"], facts["sheet"], facts["cell"])
        raw = facts.get("raw")
        yield f"← {place} " + ("(not read)" if raw is None else f'"{raw}"')
        for step in facts.get("steps", ()):
            yield _step(step)
        if facts.get("states") and node.minor is not None:
            yield f"of {facts['states']['currency']} {grouped(facts['states']['amount'])}"


def _step(step: dict[str, Any]) -> str:
    if step["step"] == "unit":
        return f"× {grouped(str(step['factor']))}"
    if step["step"] == "rounding":
        return f"(rounded from {step['text']})"
    if step["step"] == "earmark":
        return f"(counted at {step['text']})"
    return f"({step['text']})"


def _remarks(chain: list[Node]) -> Iterator[str]:
    told: dict[str, None] = {}
    for node in chain:
        facts = node.facts
        for name, before in _SAID.items():
            if (
                facts.get(name)
                and node.kind in _ONLY.get(name, (node.kind,))
                and not (name == "count" and facts[name] == 1)
            ):
                told[f"{before}{facts[name]}"] = None
        if facts.get("reversed_in") and node.kind != "reversed":
            told[f"taken back by batch {facts['reversed_in']}"] = None
        if facts.get("reverted_by"):
            told[f"reverted by batch {facts['reverted_by']}"] = None
        if facts.get("price_basis"):
            told[f"prices of {facts['price_basis']}"] = None
        if facts.get("note"):
            told[str(facts["note"])] = None
        if facts.get("illustrative"):
            told["ILLUSTRATIVE"] = None
    yield from told
