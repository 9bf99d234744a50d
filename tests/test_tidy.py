"""House rules that a machine can check: file and function length, no float near money, one place that prints."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 500
LONGEST_FUNCTION = 60

#: Longer files, each with the reason why splitting it would make it worse.
LONG_FILES: dict[str, str] = {
    "ledger/audit/verify_pack.py": "an auditor keeps, reads and runs it as one file",
    "tests/hostile/workbooks.py": "a list of hostile workbooks, each with a maker of some lines",
}
#: Longer functions (`path:name`), each with its reason.
LONG_FUNCTIONS: dict[str, str] = {}
#: Where ledger/ makes or names a float (`path:function`), and why no amount can lose a cent there.
FLOATS: dict[str, str] = {
    "ledger/reporting/exact_json.py:module": "how sure an answer of identify is: a JSON number between 0 and 1",
    "ledger/reporting/exact_json.py:plain": "as above",
    "ledger/domain/intervals.py:module": "the two infinities of an open interval; finite ends are Fractions",
    "ledger/domain/intervals.py:_times": "as above: tells an infinity from a Fraction",
    "ledger/domain/intervals.py:_finite": "as above",
    "ledger/intake/lexicon.py:_take": "the weight of a header word, from a code list",
    "ledger/intake/readers/numbers.py:from_float": "the door: the shortest decimal of a cell's binary double",
    "ledger/intake/readers/numbers.py:from_text": "the door: a stored number in scientific notation",
}
#: Here a float says how sure a reading is, or a share of cells; amounts are Decimals, and float(...) stays barred.
SURENESS = {
    "ledger/actions/identify.py",
    "ledger/intake/column_shapes.py",
    "ledger/intake/field_assignment.py",
    "ledger/intake/header_drift.py",
    "ledger/intake/header_finder.py",
    "ledger/intake/identify.py",
    "ledger/intake/dates.py",
    "ledger/intake/lexicon.py",
    "ledger/intake/numbers.py",
    "ledger/intake/rates.py",
    "ledger/intake/readers/delimited.py",
    "ledger/intake/readers/encoding.py",
    "ledger/reconcile/explanation/leads.py",
    "ledger/reconcile/explanation/search.py",
    "ledger/reconcile/explanation/structure.py",
    "ledger/reconcile/explanation/values.py",
    "ledger/reconcile/explanation/weights.py",
    "ledger/reconcile/explanation/wholes.py",
}

#: Doubles are added up here as cells hold them, so that two readings can be compared; no amount comes out of it.
CHECKSUMS = {
    "ledger/intake/caged/legacy.py",
    "ledger/intake/caged/markup_count.py",
    "ledger/intake/caged/weight.py",
    "ledger/intake/caged/xlsb.py",
    "ledger/intake/readers/sheet_recount.py",
    "ledger/intake/readers/sheet_scan.py",
    "ledger/intake/readers/text_count.py",
}


def python_files(*folders: str) -> Iterator[Path]:
    """Every Python file of these folders."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    """The path as the lists above write it."""
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, methods and inner functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def float_places(source: str, *, names: bool, literals: bool) -> list[tuple[int, str]]:
    """(line, innermost function or "module") of each call of `float`; of its other uses and of float literals if asked."""
    tree = ast.parse(source)
    spans = sorted(
        ((f.end_lineno or f.lineno) - f.lineno, f.lineno, f.end_lineno or 0, f.name) for f in functions(tree)
    )
    lines = set()
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
        is_name = names and isinstance(node, ast.Name) and node.id == "float"
        is_literal = literals and isinstance(node, ast.Constant) and isinstance(node.value, float)
        if isinstance(node, ast.expr) and (is_call or is_name or is_literal):
            lines.add(node.lineno)
    return [(at, next((title for _, low, high, title in spans if low <= at <= high), "module")) for at in sorted(lines)]


def uses_print(source: str) -> list[int]:
    """Lines that call print()."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


def test_the_checks_see_what_they_look_for() -> None:
    sample = "def f(x):\n    return float(x)\nY = 0.5\nZ: float\n"
    assert float_places(sample, names=True, literals=True) == [(2, "f"), (3, "module"), (4, "module")]
    assert float_places(sample, names=True, literals=False) == [(2, "f"), (4, "module")]
    assert float_places(sample, names=False, literals=False) == [(2, "f")]
    assert uses_print("def f():\n    print(1)\n") == [2]


def test_files_are_short() -> None:
    lengths = {
        name(path): path.read_text("utf-8").count("\n")
        for path in python_files("ledger", "migrations", "tests", "tools")
    }
    assert len(lengths) > 10
    long = {path for path, lines in lengths.items() if lines > LONGEST_FILE}
    assert long == set(LONG_FILES), "split these, or state a reason in LONG_FILES (and take out what is short again)"


def test_functions_are_short() -> None:
    long = {
        f"{name(path)}:{function.name}"
        for path in python_files("ledger")
        for function in functions(ast.parse(path.read_text("utf-8")))
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set(LONG_FUNCTIONS), "split these, or state a reason in LONG_FUNCTIONS"


def test_no_float_near_money() -> None:
    found = set()
    for path in (path for path in python_files("ledger", "migrations") if name(path) not in CHECKSUMS):
        # A literal elsewhere is a waiting time or a threshold of likeness; in these layers it could meet an amount.
        literals = path.relative_to(ROOT).parts[1] in {"domain", "store"}
        places = float_places(path.read_text("utf-8"), names=name(path) not in SURENESS, literals=literals)
        found |= {f"{name(path)}:{function}" for _, function in places}
    assert found == set(FLOATS), "use int cents or Decimal; where no amount can pass, say why in FLOATS"


def test_only_the_console_prints() -> None:
    printing = {name(path) for path in python_files("ledger") if uses_print(path.read_text("utf-8"))}
    assert printing <= {"ledger/cli/console.py"}


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(TODO|FIXME)\b|# ?XXX|raise NotImplementedError")
    left = [name(path) for path in python_files("ledger", "migrations") if marks.search(path.read_text("utf-8"))]
    assert left == []


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        name(path) for path in python_files("ledger") if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == [], "each module's first docstring says what it knows and what it must not know"


def start_blocks(readme: str) -> list[str]:
    """The fenced `sh` blocks of the README's section Start."""
    section = re.search(r"^## Start\n(.*?)(?=^## |\Z)", readme, re.DOTALL | re.MULTILINE)
    assert section
    return re.findall(r"^```sh\n(.*?)^```$", section.group(1), re.DOTALL | re.MULTILINE)


def test_the_readme_starts_with_two_commands_of_one_line() -> None:
    blocks = start_blocks((ROOT / "README.md").read_text("utf-8"))
    assert [block.count("\n") for block in blocks] == [1, 1]
    assert blocks[0].rstrip().endswith("euledger demo")
    assert "pytest" in blocks[1]


@pytest.mark.parametrize("word", ["/work", "pypi", "files.pythonhosted"])
def test_nothing_names_one_machine_or_a_registry(word: str) -> None:
    texts = [path for suffix in ("py", "md", "toml", "ini", "csv", "mako") for path in ROOT.rglob(f"*.{suffix}")]
    own = [path for path in texts if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)]
    # A package URL's type is a word of that standard, and no host.
    pattern = re.compile(rf"(?<![\w.-])(?<!pkg:)(?<!PackageURL\(\"){re.escape(word)}(?![\w-])", re.IGNORECASE)
    naming = [name(path) for path in own if path != Path(__file__) and pattern.search(path.read_text("utf-8"))]
    assert naming == []
