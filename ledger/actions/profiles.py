"""Profiles: which there are, what one says, a new one for an unknown file, and whether golden records still hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.resources import as_file
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import shipped
from ledger.domain.findings import Finding, Severity, stops

if TYPE_CHECKING:
    from ledger.intake.code_lists import CodeLists
    from ledger.intake.profiles import Profile


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """A profile as the list shows it; `folder` is empty for a shipped one."""

    profile: str
    title: str
    kinds: tuple[str, ...]
    source: str
    folder: str
    illustrative: bool


@dataclass(slots=True)
class ShownProfile:
    """A profile with the text of its file; None where there is none of this name."""

    line: ProfileLine | None = None
    text: str = ""
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class NewProfile:
    """The text of a profile for a file, what it is called, and what was noticed on the way; empty where nothing was."""

    profile: str
    file: str
    text: str = ""
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GoldenLine:
    """What became of one golden file."""

    profile: str
    golden: str
    records: int
    ok: bool
    differences: tuple[str, ...]


def list_profiles(profile_dirs: Sequence[Path] = ()) -> tuple[list[ProfileLine], list[Finding]]:
    """Every profile by name, later folders first, and what is wrong with those that cannot be used."""
    with ExitStack() as stack:
        loaded, findings = _load(stack, profile_dirs)
    return sorted((line for line, _, _ in loaded.values()), key=lambda line: line.profile), findings


def show_profile(name: str, profile_dirs: Sequence[Path] = ()) -> ShownProfile:
    """One profile and the text of its file."""
    from ledger.intake.profiles import find_profile

    with ExitStack() as stack:
        loaded, findings = _load(stack, profile_dirs)
        found = find_profile(name, [profile for _, profile, _ in loaded.values()])
        if isinstance(found, Finding):
            return ShownProfile(findings=[found, *_about(name, findings)])
        line, _, path = loaded[found.name]
        return ShownProfile(line, path.read_text(encoding="utf-8"))


def new_profile(path: Path, name: str | None = None, settings: Mapping[str, str] | None = None) -> NewProfile:
    """A commented profile for a file. Nothing is written anywhere; nothing is raised for bad input."""
    from ledger.intake.identification import as_told, identify_workbook
    from ledger.intake.profile_writer import write_profile
    from ledger.intake.readers import ReadFailed, open_workbook
    from ledger.intake.settings import read_settings

    made = NewProfile(name or _plain(path.stem), path.name)
    lists = _lists()
    stated, made.findings = read_settings(settings or {}, lists)
    if not path.is_file():
        made.findings.append(Finding("file-missing", f"there is no file {path}", path.name))
    if stops(made.findings):
        return made
    workbook = open_workbook(path, encoding=stated.stated.get("encoding"))
    try:
        made.findings += workbook.findings
        if stops(made.findings):
            return made
        found = identify_workbook(workbook, path.name, lists, stated)
        if found.tables:
            made.text = write_profile(made.profile, path.name, found.tables)
            made.findings += [as_told(finding) for finding in found.findings]
        else:
            made.findings += found.findings
    except ReadFailed as failure:
        made.findings.append(failure.finding)
    finally:
        workbook.close()
    return made


def run_golden(
    name: str | None = None, profile_dirs: Sequence[Path] = (), golden_dirs: Sequence[Path] = ()
) -> tuple[list[GoldenLine], list[Finding]]:
    """Run the golden records in the folders of profiles and in `golden_dirs`; a difference is an ERROR."""
    from ledger.intake.golden import GoldenError, golden_files, run

    with ExitStack() as stack:
        loaded, findings = _load(stack, profile_dirs)
        profiles = [profile for _, profile, _ in loaded.values()]
        lists = _lists()
        lines: list[GoldenLine] = []
        for profile, path in golden_files([*profile_dirs, *golden_dirs], name):
            try:
                outcome = run(path, profile, profiles, lists)
            except GoldenError as error:
                findings.append(Finding("golden-differs", str(error), path.name))
                continue
            differing = outcome.differences
            lines.append(GoldenLine(profile, str(path), outcome.records, not differing, differing))
            findings += [Finding("golden-differs", text, path.name) for text in differing]
    if name is not None and not lines and not findings:
        message = f"there are no golden records for {name!r}: no file {name}.golden.json beside its input"
        findings.append(Finding("golden-missing", message))
    return lines, findings


def write_golden(
    name: str, path: Path, settings: Mapping[str, str], profile_dirs: Sequence[Path] = ()
) -> tuple[Path | None, list[Finding]]:
    """Write down what the profile makes of a file, as NAME.golden.json beside it; a person then looks it over."""
    import json

    from ledger.intake.golden import SUFFIX, describe
    from ledger.intake.profiles import find_profile

    with ExitStack() as stack:
        loaded, findings = _load(stack, profile_dirs)
        profiles = [profile for _, profile, _ in loaded.values()]
        found = find_profile(name, profiles)
        if isinstance(found, Finding):
            return None, [found, *_about(name, findings)]
        if not path.is_file():
            return None, [Finding("file-missing", f"there is no file {path}", path.name)]
        made = describe(path, settings, profiles, _lists(), profile=name)
        alone = describe(path, settings, profiles, _lists())
    if alone.get("profile") != name:
        made = {"asked": True, **made}
    target = path.parent / f"{name}{SUFFIX}"
    target.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return target, []


def _load(
    stack: ExitStack, profile_dirs: Sequence[Path]
) -> tuple[dict[str, tuple[ProfileLine, Profile, Path]], list[Finding]]:
    """The profiles by name with their lines and files, those of the user going before the shipped ones."""
    from ledger.intake.profiles import load_profiles

    ours = stack.enter_context(as_file(shipped.profiles()))
    loaded: dict[str, tuple[ProfileLine, Profile, Path]] = {}
    findings: list[Finding] = []
    for folder in (ours, *profile_dirs):
        if not folder.is_dir():
            message = f"there is no folder {folder}, which euledger.toml names under `profiles`"
            findings.append(Finding("profile-invalid", message, severity=Severity.WARNING))
            continue
        profiles, wrong = load_profiles([folder])
        findings += wrong
        for profile in profiles:
            kinds = tuple(dict.fromkeys(str(table.kind) for table in profile.tables))
            where = "" if folder == ours else str(folder)
            line = ProfileLine(profile.name, profile.title, kinds, profile.source, where, profile.illustrative)
            loaded[profile.name] = (line, profile, folder / profile.path)
    return loaded, findings


def _about(name: str, findings: Sequence[Finding]) -> list[Finding]:
    """What is wrong with the profile that was asked for."""
    return [finding for finding in findings if finding.values.get("profile") == name]


def _lists() -> CodeLists:
    from ledger.intake.code_lists import CodeLists

    with as_file(shipped.codelists()) as folder:
        return CodeLists(folder)


def _plain(text: str) -> str:
    """A file's name as the name of a profile."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "profile"
