"""Every number unfolds into cells that add up to it, in each format; and each cell's text is the file's own."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pydot
import pytest

from ledger.actions.summary import summarise
from ledger.actions.why import why
from ledger.domain.money import minor_digits, to_minor
from ledger.domain.trees import KINDS, Node, missing
from ledger.reporting import tree_dot, tree_json, tree_text
from ledger.store import batches, figures, totals
from ledger.store.database import Database
from ledger.store.totals import Filter
from tests.actions import portfolios

Tree = dict[str, Any]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """One random history, for tests that only read."""
    folder = tmp_path_factory.mktemp("why")
    return portfolios.build(f"sqlite:///{folder / 'ledger.db'}", folder, "why")


def trees(found: Any) -> list[Tree]:
    """The answer as JSON readers have it."""
    text = "".join(tree_json.document({"schema": "s", "results": None, "findings": []}, found.nodes))
    results: list[Tree] = json.loads(text)["results"]
    return results


def walk(tree: Tree) -> Iterator[Tree]:
    yield tree
    for child in tree.get("children", []):
        yield from walk(child)


def minor(tree: Tree) -> int:
    amount = tree["amount"]
    return to_minor(Decimal(amount["amount"]), amount["currency"])[0]


def assert_adds_up(tree: Tree) -> int:
    """Each node of a tree as JSON has it is the sum of its children; returns how many were held against theirs."""
    compared = 0
    for node in walk(tree):
        assert node["kind"] in KINDS
        counted = [child for child in node.get("children", []) if "amount" in child]
        if "amount" not in node or not counted:
            continue
        assert {child["amount"]["currency"] for child in counted} == {node["amount"]["currency"]}
        assert minor(node) == sum(map(minor, counted)), node["label"]
        compared += 1
    return compared


def raw_of(folder: Path, cell: Tree) -> str:
    """A cell of a csv file, read by nobody of ours."""
    with (folder / cell["file"]).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    column, row = cell["cell"].rstrip("0123456789"), int(cell["cell"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return rows[row - 1][ord(column) - ord("A")]


def references(database: Database) -> list[str]:
    with database.read() as connection:
        named = [figure.ref for figure in figures.current(connection)]
        last = batches.last(connection)
        moved = sum(batches.transfer_count(connection, number) for number in range(1, last + 1))
    projects = [f"{source}:P-{n}" for source in ("north", "south") for n in range(1, 7)]
    numbers = [f"transfer:{n}" for n in range(1, moved + 1, 19)]
    return [*named, *projects, "E", "E.TN", "E.MA", *(f"batch:{n}" for n in range(1, last + 1)), *numbers]


@pytest.mark.slow
def test_every_tree_of_a_random_portfolio_adds_up(database_url: str, tmp_path: Path) -> None:
    every_tree_adds_up(database_url, tmp_path, "a")


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(20))
def test_every_tree_of_many_random_portfolios_adds_up(database_url: str, tmp_path: Path, seed: int) -> None:
    every_tree_adds_up(database_url, tmp_path, f"many {seed}")


def every_tree_adds_up(url: str, tmp_path: Path, seed: str) -> None:
    database = portfolios.build(url, tmp_path, seed)
    compared, cells = 0, 0
    for ref in [*references(database), "fund=AMIF", "country=TN,stage=paid", "earmark=migration", "source=south"]:
        found = why(database, ref)
        assert [f.code for f in found.findings] in ([], ["reference-unknown"]), ref
        for tree in trees(found):
            compared += assert_adds_up(tree)
            for cell in (node for node in walk(tree) if node["kind"] == "cell"):
                assert cell["raw"] == raw_of(tmp_path, cell)
                assert cell["amount"] or cell["raw"] == "", ref
                cells += 1
            assert not [node for node in walk(tree) if node["kind"] == "remainder"], ref
    assert compared > 200
    assert cells > 200
    database.close()


def test_each_line_of_a_summary_is_explained_by_its_filters(ledger: Database) -> None:
    keys = ("fund", "country", "year", "project", "source", "unit")
    lines = 0
    questions: list[dict[str, Any]] = [
        {},
        {"stage": "paid"},
        {"basis": "total"},
        {"known_at": 3},
        {"as_of": date(2023, 1, 1)},
    ]
    for question in questions:
        for row in summarise(ledger, by=keys, **question).rows:
            where = [(name, "" if row.keys[name] is None else str(row.keys[name])) for name in keys[2:]]
            found = why(
                ledger, funds=[row.keys["fund"]], countries=[row.keys["country"]], where=where, **question
            )  # fmt: skip
            amounts = [node.minor for node in found.nodes if node.currency == row.amount.currency]
            assert amounts == [row.amount.minor], (row.keys, question)
            lines += 1
    assert lines > 40


def test_batches_move_what_the_bridge_says(ledger: Database) -> None:
    from ledger.actions.bridge import bridge

    steps = 0
    for span in bridge(ledger, start=None, end=None, by=["fund", "country"]).spans:
        for step in span.steps:
            found = why(
                ledger, f"batch:{step.batch}", stage="committed", basis="eu", funds=[span.keys["fund"]],
                countries=[span.keys["country"]],
            )  # fmt: skip
            causes = {
                (cause.label, cause.currency): cause.minor
                for node in found.nodes
                for group in node.children
                for cause in group.children
                if group.minor is not None
            }
            assert causes[step.cause, step.amount.currency] == step.amount.minor
            steps += 1
    assert steps > 6


def test_what_was_taken_back_names_the_batch_that_did_it(ledger: Database) -> None:
    histories = [node for ref in ("north:P-1", "north:P-2", "north:P-3", "north:P-4", "north:P-5")
                 for tree in trees(why(ledger, ref)) for node in walk(tree) if node["kind"] == "reversed"]  # fmt: skip
    assert histories
    with ledger.read() as connection:
        last = batches.last(connection)
    for node in histories:
        booked, back = node["children"]
        assert (booked["kind"], back["kind"]) == ("transfer", "reversal")
        assert booked["batch"] < back["batch"] == booked["reversed_in"] <= last
        assert back["rule"] in ("corrected", "vanished", "reverted")
        again = why(ledger, f"transfer:{back['reverses']}").nodes
        assert [(each.kind, each.minor) for each in again] == [("reversed", 0)]


def test_filters_narrow_every_kind_of_tree(ledger: Database) -> None:
    for ref in ("X-ALL", "north:P-1", "E", "fund=AMIF", "batch:3"):
        for country in ("TN", "LY"):
            for tree in trees(why(ledger, ref, countries=[country])):
                booked = [node for node in walk(tree) if node["kind"] in ("transfer", "reversal") and "country" in node]
                assert {node["country"] for node in booked} <= {country}, ref
                assert_adds_up(tree)
    early = [node for tree in trees(why(ledger, "X-ALL", known_at=3)) for node in walk(tree) if "batch" in node]
    assert {node["batch"] for node in early} <= {1, 2, 3}
    assert not [node for node in early if node["kind"] == "transfer" and "reversed_in" in node]
    dated = [node for tree in trees(why(ledger, "X-ALL", as_of=date(2022, 12, 31))) for node in walk(tree)]
    assert {node["value_date"] for node in dated if "value_date" in node} == {"2022-03-01"}


def test_units_and_splits_and_shares_stand_at_their_cell(ledger: Database) -> None:
    cells = [
        node
        for ref in ("X-MIG", "source=south", "source=north,basis=total")
        for tree in trees(why(ledger, ref))
        for node in walk(tree)
        if node["kind"] == "cell"
    ]
    steps = {step["step"] for cell in cells for step in cell.get("steps", ())}
    assert {"unit", "split", "earmark", "rule"} <= steps
    for cell in cells:
        currency = cell["amount"]["currency"]
        factors = [step["factor"] for step in cell.get("steps", ()) if step["step"] == "unit"]
        stated = Decimal((cell["states"] if "states" in cell else cell["amount"])["amount"])
        if not any(step["step"] in ("rounding", "rule") for step in cell.get("steps", ())):
            assert abs(stated) == Decimal(cell["raw"]) * (factors or [1])[0], cell
        if cell["file"] == "south.csv":
            assert factors == [1000]
        assert len(cell["amount"]["amount"].partition(".")[2]) == minor_digits(currency)


def test_an_earmarked_sum_is_rounded_once(ledger: Database) -> None:
    (tree,) = [node for node in why(ledger, "earmark=migration").nodes if node.currency == "EUR"]
    with ledger.read() as connection:
        wanted = Filter(stage="committed", bases=("eu",), earmark="migration")
        (total,) = [t for t in totals.totals(connection, wanted) if t.currency == "EUR"]
    assert tree.minor == total.minor
    assert missing(tree) == 0


def test_text_is_cut_and_still_adds_up(ledger: Database) -> None:
    found = why(ledger, "fund=AMIF", at_most=2)
    (tree,) = [node for node in found.nodes if node.currency == "EUR"]
    text = "\n".join(tree_text.lines([tree], 2))
    shown = sum(child.minor or 0 for child in tree.children[:2])
    left = len(tree.children) - 2
    assert left > 0
    from ledger.domain.money import display

    assert f"… and {left} more, {display((tree.minor or 0) - shown, 'EUR')}" in text
    assert "SHA-256" in text
    assert "(not read)" not in text
    whole = "\n".join(tree_text.lines(why(ledger, "fund=AMIF").nodes))
    assert "more" not in whole
    assert "(not read)" not in whole


def test_branches_that_are_not_shown_are_not_read(ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from ledger.actions import why_cells

    read: list[int] = []
    load = why_cells.Cells.load

    def counted(self: why_cells.Cells, parts: Any) -> None:
        wanted = list(parts)
        read.append(len(wanted))
        load(self, wanted)

    monkeypatch.setattr(why_cells.Cells, "load", counted)
    why(ledger, "fund=AMIF", at_most=2)
    assert sum(read) <= 2 * 2 * 2, "two branches of two bookings, in two currencies"


def graph(nodes: list[Node], at_most: int | None = None) -> pydot.Dot:
    """What a parser of the dot language makes of the drawing."""
    return parsed("".join(tree_dot.pieces(nodes, at_most)))


def parsed(text: str) -> pydot.Dot:
    with warnings.catch_warnings():
        # pydot 4.0 calls the parser of its grammar by names that are on their way out.
        warnings.simplefilter("ignore")
        graphs = pydot.graph_from_dot_data(text)
    assert graphs is not None
    (drawn,) = graphs
    return drawn


def test_the_graph_is_the_tree(ledger: Database) -> None:
    for ref in ("X-TN", "north:P-2", "E", "batch:5"):
        nodes = why(ledger, ref).nodes
        drawn = graph(nodes)
        named = {node.get_name(): node for node in drawn.get_nodes() if node.get_name() != "node"}
        files = {name for name, node in named.items() if name.startswith("f")}
        assert len(named) - len(files) == sum(1 for node in nodes for _ in node.walk())
        below: dict[str, list[str]] = {}
        for edge in drawn.get_edges():
            above, under = str(edge.get_source()), str(edge.get_destination())
            assert {above, under} <= named.keys()
            below.setdefault(above, []).append(under)

        def amount(name: str, named: dict[str, pydot.Node] = named) -> Decimal | None:
            text = (named[name].get("amount") or "").strip('"')
            return Decimal(text) if text else None

        compared = 0
        for name, children in below.items():
            counted = [value for child in children if (value := amount(child)) is not None]
            if amount(name) is not None and counted:
                assert amount(name) == sum(counted)
                compared += 1
        assert compared > 3
        assert files
    cut = graph(why(ledger, "X-ALL", at_most=1).nodes, 1)
    assert any("more" in str(node.get("label")) for node in cut.get_nodes())


def test_labels_with_every_sign_survive_the_graph() -> None:
    label = 'a "quoted" \\ back\\slash, {braces} <b>&amp; é ✓ – "\\N"'
    (node,) = (n for n in graph([Node("total", label, 100)]).get_nodes() if n.get_name() == "n1")
    told = str(node.get("label"))[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    assert told.startswith(label)


def test_json_comes_in_pieces_and_is_one_document(ledger: Database) -> None:
    found = why(ledger, "X-ALL")
    pieces = list(tree_json.document({"schema": "s", "results": None, "findings": []}, found.nodes))
    assert len(pieces) > 50
    assert max(map(len, pieces)) < 5_000
    document = json.loads("".join(pieces))
    assert list(document) == ["schema", "results", "findings"]
    assert document["results"] == json.loads(json.dumps([node.as_json() for node in found.nodes]))
    assert json.loads("".join(tree_json.document({"results": None}, []))) == {"results": []}
    assert "".join(tree_json.pieces([Node("file", "é")], ascii_only=True)).isascii()


def test_two_sources_with_one_reference_are_both_shown(ledger: Database) -> None:
    both = why(ledger, "P-1")
    assert [(f.code, f.level) for f in both.findings] == [("reference-ambiguous", "stop")]
    assert [node.facts["source"] for node in both.nodes] == ["north", "south"]
    assert "project north:P-1, project south:P-1" in both.findings[0].message
    (one,) = why(ledger, "south:P-1").nodes
    assert one.facts["source"] == "south"


@pytest.mark.parametrize(
    ("ref", "meant"),
    [("X-ALLE", "X-ALL"), ("E.TM", "E.TN"), ("north:P-99", None), ("batch:99", None), ("x-tnn", "X-TN")],
)
def test_an_unknown_reference_says_what_may_be_meant(ledger: Database, ref: str, meant: str | None) -> None:
    found = why(ledger, ref)
    assert not found.nodes
    (finding,) = found.findings
    assert finding.code == "reference-unknown"
    assert meant is None or meant in finding.values["suggestions"]


def test_a_count_unfolds_into_projects_with_their_rows(ledger: Database) -> None:
    (tree,) = trees(why(ledger, "X-COUNT"))
    with ledger.read() as connection:
        expected = totals.count_projects(connection, Filter(stage="committed"))
    (group,) = [child for child in tree["children"] if child["label"] == "counted"]
    assert tree["count"] == group["count"] == len(group["children"]) == expected > 3
    assert all(project["children"][0]["row"] for project in group["children"])


def test_a_total_in_euro_shows_the_rates_and_is_the_end_of_a_bridge(sqlite_url: str) -> None:
    from ledger.actions.bridge import bridge
    from ledger.actions.scope import UsageProblem
    from ledger.domain.records import Kind, Record
    from tests.builders import amount, new_ledger, post, project

    database = new_ledger(sqlite_url)
    day = date(2024, 3, 1)
    of_march: dict[str, Any] = {"currency": "TND", "rate": "3.3712", "valid_from": day, "valid_to": date(2024, 3, 31)}
    post(database, [Record(Kind.RATES, "TND 2024-03-01", of_march)], source="rates")
    post(database, [project("A", amount(8_001, currency="TND", on=day), amount(5_00, on=day))])
    post(database, [project("B", amount(1_00, currency="USD", on=day))], source="other")
    found = why(database, as_of=date(2024, 3, 31), currency="EUR")
    total, apart = found.nodes
    (span,) = [
        span
        for span in bridge(database, start="2024-03-02", end="2024-03-31", clock="value", by=[], currency="EUR").totals
        if span.closing.currency == "EUR"
    ]
    assert (total.minor, total.currency) == (span.closing.minor, "EUR") == (5_00 + 2_37, "EUR")
    assert missing(total) == 0
    (rate,) = [child for child in total.children if child.kind == "rate"]
    assert (rate.minor, rate.facts["rate"]["rate"], rate.children[0].minor) == (2_37, "3.3712", 8_001)
    assert "TND at 3.3712 for a euro" in "\n".join(tree_text.lines(found.nodes))
    assert (apart.currency, [f.code for f in found.findings if f.code == "unconverted"]) == ("USD", ["unconverted"])
    for ref, currency in (("A", "EUR"), (None, "USD")):
        with pytest.raises(UsageProblem):
            why(database, ref, currency=currency)


@pytest.fixture
def typed(ledger: Database, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """`why` as a user types it."""
    from ledger.cli.main import main

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["--db", str(ledger.path), "why", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_command_prints_and_writes_each_format(typed: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    code, out, _ = typed("--fund", "AMIF", "--country", "TN", "-f", "json")
    document = json.loads(out)
    assert (code, document["schema"], document["ok"]) == (0, "euledger/why/1", True)
    assert document["results"][0]["label"] == "fund=AMIF,country=TN,stage=committed,basis=eu"
    assert typed("P-1")[0] == 3
    assert "reference-ambiguous" in typed("P-1")[2]
    assert typed("X-ALL", "-f", "dot")[1].startswith("digraph why {")
    for name in ("tree.json", "tree.dot", "tree.txt"):
        code, out, err = typed("X-ALL", "-o", str(tmp_path / name))
        assert (code, out, "Written" in err) == (0, "", True)
    assert json.loads((tmp_path / "tree.json").read_text("utf-8"))["results"][0]["ref"] == "X-ALL"
    assert parsed((tmp_path / "tree.dot").read_text("utf-8")).get_edges()
    assert "SHA-256" in (tmp_path / "tree.txt").read_text("utf-8")
    code, out, _ = typed("X-ALL", "-o", str(tmp_path / "tree.json"), "-f", "json")
    assert json.loads(out)["results"] == {"written": str(tmp_path / "tree.json")}
    assert typed("X-ALL", "-o", str(tmp_path / "tree.pdf"))[0] == 2
    assert typed("--where", "colour=red")[0] == 2


def test_a_file_that_cannot_be_read_again_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ledger.actions import why_cells
    from ledger.intake.readers.book import unreadable

    database = portfolios.build(f"sqlite:///{tmp_path / 'l.db'}", tmp_path, "x", projects=3)

    def broken(*_: object) -> Any:
        raise unreadable("north.csv", "the bytes are no csv")

    monkeypatch.setattr(why_cells, "kept_workbook", broken)
    found = why(database, "north:P-1")
    assert {f.code for f in found.findings} == {"evidence-unread"}
    assert all(missing(node) in (None, 0) for tree in found.nodes for node in tree.walk())
    assert "(not read)" in "\n".join(tree_text.lines(found.nodes))
