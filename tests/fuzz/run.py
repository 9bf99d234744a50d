"""Fuzzes one reader for as long as you like, led by the branches that an input reaches (atheris, libFuzzer).

    python3 tools/make_venv.py supply
    .venv/bin/python -m tests.fuzz.run number|date|profile|workbook [--minutes 5] [--corpus FOLDER]

Interesting inputs are kept in the corpus folder, and a later run goes on from there. An input that breaks the reader is
written as `crash-…` into the current folder, with the traceback; turn it into a test before you mend the reader.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

NAMES = ("number", "date", "profile", "workbook")


def main() -> int:
    """The engine ends the process itself: 0 when the time is over, 77 after a crash."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--corpus", type=Path, help="folder of inputs to go on from; default: a scratch folder")
    asked = parser.parse_args()
    try:
        import atheris
    except ImportError:
        print("atheris is missing: python3 tools/make_venv.py supply (Linux, Python 3.11 to 3.13)", file=sys.stderr)  # noqa: T201
        return 2
    # Only what is imported in here tells the engine its branches; all libraries would take minutes to prepare.
    with atheris.instrument_imports(include=["ledger"]):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[asked.target]
    corpus = asked.corpus or Path(tempfile.mkdtemp(prefix="fuzz-corpus-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.make_seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)

    def mutate(data: bytes, largest: int, seed: int) -> bytes:
        return target.mutated(data, seed, largest)

    seconds = int(asked.minutes * 60)
    options = [
        f"-max_total_time={seconds}",
        "-max_len=200000",
        "-timeout=60",
        "-rss_limit_mb=3000",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.run, custom_mutator=mutate)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
