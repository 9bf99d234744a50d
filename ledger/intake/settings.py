"""What `--set FIELD=VALUE` states for a whole file, checked: it speaks where the file and its profile are silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ledger.domain.findings import Finding
from ledger.domain.stages import Stage
from ledger.domain.toml_keys import nearest
from ledger.intake.code_lists import CodeLists
from ledger.intake.profiles import AMOUNT_UNITS

#: What a list may count: the unit of its projects.
COUNTED_UNITS = ("operation", "project", "action", "activity", "decision", "contract", "grant", "programme")
#: Fields that --set takes.
SETTINGS = (
    "currency", "fund", "stage", "source", "as_of", "country", "unit", "number_style", "date_order", "encoding", "sheet",
    "envelope", "programme",
)  # fmt: skip

#: Fields that take one of a few words.
_CLOSED: dict[str, tuple[str, ...]] = {
    "stage": tuple(stage.value for stage in Stage if stage is not Stage.OUTSIDE),
    "unit": (*AMOUNT_UNITS, *COUNTED_UNITS),
    "date_order": ("dmy", "mdy", "ymd"),
}

#: Signs that group digits and mark decimals, `_` for none.
_GROUPING, _DECIMAL = "_.,' ’", "_.,"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one import. `stated` holds them by name, codes resolved; unit and as_of stand apart."""

    stated: dict[str, str]
    unit: int | None = None
    as_of: date | None = None


def read_settings(settings: Mapping[str, str], code_lists: CodeLists) -> tuple[Settings, list[Finding]]:
    """The settings, and a finding for every name that is none and every value that its field cannot take."""
    findings: list[Finding] = []
    stated: dict[str, str] = {}
    unit, as_of = None, None
    for name, given in settings.items():
        text = given if name == "number_style" else given.strip()
        if name not in SETTINGS:
            message = f"--set {name}: there is no such field{nearest(name, SETTINGS)}"
            findings.append(Finding("setting-unknown", message, values={"field": name}))
            continue
        value, wanted = _value(name, text, code_lists)
        if value is None:
            message = f"--set {name}={given}: {wanted}"
            findings.append(Finding("setting-invalid", message, values={"field": name, "value": given}))
            continue
        if name == "unit" and value.lower() in AMOUNT_UNITS:
            unit = AMOUNT_UNITS[value.lower()]
        elif name == "as_of":
            as_of = date.fromisoformat(value)
            stated[name] = value
        else:
            stated[name] = value
    return Settings(stated, unit, as_of), findings


def is_style(text: str) -> bool:
    """Whether the text is a number style: grouping sign and decimal sign, `_` for none (`.,` reads 1.234,56)."""
    return len(text) == 2 and text[0] in _GROUPING and text[1] in _DECIMAL and (text[0] != text[1] or text == "__")


def _value(name: str, text: str, code_lists: CodeLists) -> tuple[str | None, str]:
    """The value as the field keeps it, or None and what the field takes."""
    if not text:
        return None, "the value is empty"
    if name in _CLOSED:
        word = text.casefold()
        allowed = _CLOSED[name]
        few = f"one of {', '.join(allowed)} is needed"
        return (word if word in allowed else None), few if len(
            allowed
        ) < 4 else f"no such {name}{nearest(word, allowed)}"
    match name:
        case "currency":
            return code_lists.currency(text.upper()), "an ISO 4217 code such as EUR is needed"
        case "fund":
            return code_lists.fund(text), f"no such fund{nearest(text, code_lists.funds)}"
        case "country":
            return code_lists.country(text), "no such country, region or aggregate"
        case "as_of":
            try:
                return date.fromisoformat(text).isoformat(), ""
            except ValueError:
                return None, "a date written YYYY-MM-DD is needed"
        case "number_style":
            return (
                text if is_style(text) else None
            ), "two signs are needed, grouping and decimal, such as '.,' or '_.'"
    return text, ""
