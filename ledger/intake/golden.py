"""Golden records: what a profile must make of an input file, written down once and looked at by a person.

`NAME.golden.json` says it for the profile NAME; `input` names the file beside it that is read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ledger.domain.findings import Severity
from ledger.domain.records import Reading, Record
from ledger.intake.code_lists import CodeLists
from ledger.intake.profiles import Profile
from ledger.intake.read import read_file

SUFFIX = ".golden.json"


class GoldenError(ValueError):
    """A golden file that cannot be used."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one golden file: `differences` is empty where the profile does what it says."""

    profile: str
    path: Path
    records: int
    differences: tuple[str, ...]


def golden_files(folders: Iterable[Path], name: str | None = None) -> Iterator[tuple[str, Path]]:
    """(profile, golden file) in the folders and one folder below, by name; of one profile alone where it is named."""
    for folder in folders:
        for path in sorted([*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*/*{SUFFIX}")]):
            profile = path.name.removesuffix(SUFFIX)
            if name in (None, profile):
                yield profile, path


def run(path: Path, profile: str, profiles: Sequence[Profile], lists: CodeLists) -> Outcome:
    """Read the input of a golden file under its profile and compare. Raises GoldenError for a file that is none."""
    try:
        expected = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GoldenError(f"{path.name} is no golden file: {error}") from error
    if not isinstance(expected, dict) or not isinstance(expected.get("input"), str):
        raise GoldenError(f"{path.name} does not say its `input`")
    settings = expected.get("settings", {})
    # A profile that is recognised must recognise its own input; one that is only asked for is asked for.
    named = profile if expected.get("asked") else None
    actual = describe(path.parent / expected["input"], settings, profiles, lists, profile=named)
    if expected.get("asked"):
        actual["asked"] = True
    found = tuple(differences(expected, actual))
    return Outcome(profile, path, len(actual["records"]), found)


def describe(
    path: Path,
    settings: Mapping[str, str],
    profiles: Sequence[Profile],
    lists: CodeLists,
    *,
    profile: str | None = None,
) -> dict[str, Any]:
    """What reading a file gives, as a golden file holds it."""
    reading = read_file(path, profile=profile, settings=settings, profiles=profiles, code_lists=lists)
    return {"input": path.name, **({"settings": dict(settings)} if settings else {}), **content(reading)}


def content(reading: Reading) -> dict[str, Any]:
    """Rows by state, stated sums by state, records and findings of a reading; its rows are read to the end."""
    states: Counter[str] = Counter()
    sums: dict[str, dict[str, Counter[str]]] = {}
    records: list[dict[str, Any]] = []
    for sheet in reading.sheets:
        for row in sheet.rows:
            states[row.state] += 1
            for name, (currency, minor) in row.stated.items():
                sums.setdefault(row.state, {}).setdefault(name, Counter())[currency] += minor
            if row.record:
                records.append({"row": row.number, **_record(row.record)})
    told = [f for f in reading.findings if f.level is not Severity.INFO]
    remarks = sorted(
        {f.code for f in reading.findings if f.level is Severity.INFO} - {"column-unread", "sheet-skipped"}
    )
    return {
        "profile": reading.profile,
        "rows": dict(sorted(states.items())),
        "stated_minor": {
            state: {name: dict(minor) for name, minor in sorted(named.items())} for state, named in sorted(sums.items())
        },
        "records": records,
        "findings": [f"{f.cell} {f.code}".strip() for f in told],
        "remarks": remarks,
    }


def _record(record: Record) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": str(record.kind), "ref": record.ref}
    for name in ("parent", "programme", "envelope"):
        if (value := getattr(record, name)) is not None:
            made[name] = value
    made["attributes"] = {name: _plain(value) for name, value in sorted(record.attributes.items()) if value is not None}
    if record.splits:
        made["splits"] = record.splits
    if record.amounts:
        made["amounts"] = [
            " ".join(
                [
                    a.stage,
                    a.basis,
                    a.country,
                    a.currency,
                    str(a.minor),
                    str(a.value_date or "undated"),
                    f"column {a.column}",
                    f"({a.rule})",
                ]
            )
            for a in record.amounts
        ]
    return made


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """What differs, place by place."""
    for key in dict.fromkeys([*expected, *actual]):
        place = f"{where}{key}"
        wanted, got = expected.get(key), actual.get(key)
        if isinstance(wanted, Mapping) and isinstance(got, Mapping):
            yield from differences(wanted, got, f"{place}.")
        elif key == "records" and isinstance(wanted, list) and isinstance(got, list):
            by_row = [{f"row {entry.get('row')}": entry for entry in entries} for entries in (wanted, got)]
            yield from differences(by_row[0], by_row[1], f"{place}.")
        elif wanted != got:
            yield f"{place}: {json.dumps(wanted, ensure_ascii=False)} is expected, {json.dumps(got, ensure_ascii=False)} was read"
