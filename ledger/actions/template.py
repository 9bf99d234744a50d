"""Write the blank workbook of a kind: what our own profile of that kind reads without being named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.actions.scope import UsageProblem

if TYPE_CHECKING:
    from ledger.intake.code_lists import CodeLists
    from ledger.intake.fields import FieldType
    from ledger.intake.profiles import ColumnRule, Profile, TableRule
    from ledger.reporting.template import Entry, TemplateColumn


def kinds() -> list[str]:
    """The kinds that there is a template of: the shipped profiles that describe columns, by name."""
    return sorted(profile.name for profile in _profiles() if _described(profile))


def write(kind: str, out: Path) -> None:
    """Write the template of a kind to `out` (.xlsx); UsageProblem for another ending, kind or an unwritable file."""
    from ledger.reporting.template import write_template

    if out.suffix.lower() != ".xlsx":
        raise UsageProblem(f"{out.name}: a template is an Excel workbook; its name ends in .xlsx")
    profile = next((profile for profile in _profiles() if profile.name == kind and _described(profile)), None)
    if profile is None:
        raise UsageProblem(f"there is no template {kind!r}; there are: {', '.join(kinds())}")
    try:
        write_template(profile.title, profile.name.capitalize(), columns(profile), out)
    except OSError as error:
        raise UsageProblem(f"{out} cannot be written: {error.strerror or error}") from error


def columns(profile: Profile) -> list[TemplateColumn]:
    """The columns that the profile describes, in its order."""
    lists, rule = _code_lists(), profile.tables[0]
    return [_column(rule, column, lists) for column in rule.columns.values() if column.description]


def _profiles() -> list[Profile]:
    from importlib.resources import as_file

    from ledger import shipped
    from ledger.intake.profiles import load_profiles

    with as_file(shipped.profiles()) as folder:
        return load_profiles([folder])[0]


def _code_lists() -> CodeLists:
    from importlib.resources import as_file

    from ledger import shipped
    from ledger.intake.code_lists import CodeLists

    with as_file(shipped.codelists()) as folder:
        return CodeLists(folder)


def _described(profile: Profile) -> bool:
    return any(column.description for column in profile.tables[0].columns.values())


def _column(rule: TableRule, column: ColumnRule, lists: CodeLists) -> TemplateColumn:
    from ledger.intake.fields import FIELDS, REFERENCE_FIELD
    from ledger.reporting.template import Entry, TemplateColumn

    choices = column.choices or _choices(column.field, lists)
    entry = Entry.CHOICE if choices else _entry(FIELDS[rule.kind][column.field])
    return TemplateColumn(
        header=column.headers[0] if column.headers else column.field,
        entry=entry,
        description=column.description,
        example=column.example,
        required=column.required or column.field == REFERENCE_FIELD[rule.kind],
        choices=choices,
        others_allowed=column.others_allowed,
        negative=column.negative,
    )


def _choices(field: str, lists: CodeLists) -> tuple[str, ...]:
    """What the code lists offer for a field; empty where it takes free text."""
    from ledger.domain.intervals import RULES

    match field:
        case "fund":
            return tuple(sorted(lists.funds))
        case "theme":
            return tuple(sorted(lists.themes))
        case "earmark":
            return tuple(sorted(lists.earmarks))
        case "country":
            return lists.country_choices()
        case "currency":
            return lists.currency_choices()
        case "qualifier":
            return tuple(wording for rule in RULES.values() for wording in rule.wordings)
    return ()


def _entry(kind: FieldType) -> Entry:
    from ledger.intake.fields import FieldType
    from ledger.reporting.template import Entry

    return {
        FieldType.DATE: Entry.DAY,
        FieldType.AMOUNT: Entry.AMOUNT,
        FieldType.PERCENT: Entry.PERCENT,
        FieldType.NUMBER: Entry.NUMBER,
        FieldType.REFERENCE: Entry.REFERENCE,
    }.get(kind, Entry.TEXT)
