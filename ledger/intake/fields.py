"""The fields that a column can hold, by kind of record: their names (DESIGN section 9) and what a cell of each is."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from ledger.domain.records import Kind
from ledger.domain.stages import Basis, Stage


class FieldType(Enum):
    """How a cell of a field is read."""

    TEXT = auto()
    DATE = auto()
    AMOUNT = auto()
    #: a percentage, kept as the number of per cent
    PERCENT = auto()
    #: reference of the record itself or of another one
    REFERENCE = auto()
    #: a code of a code list, or a name that it knows
    CODE = auto()
    #: percentages by country or theme: `TN=40;MA=60`
    SPLIT = auto()
    #: yes or no
    FLAG = auto()
    #: an exact number that is no money of the ledger (the value of a published figure)
    NUMBER = auto()


_AMOUNTS = (
    "total_cost eu_contribution national_public public_contribution private other_contribution contracted declared paid"
)


def _fields(**names: str) -> dict[str, FieldType]:
    return {name: FieldType[kind] for kind, listed in names.items() for name in listed.split()}


FIELDS: Final[dict[Kind, dict[str, FieldType]]] = {
    Kind.ENVELOPES: _fields(
        REFERENCE="envelope parent",
        TEXT="title role feeds vintage status legal_reference source note parts price_basis",
        CODE="fund country currency",
        DATE="period_start period_end",
        AMOUNT="amount",
    ),
    Kind.PROGRAMMES: _fields(
        REFERENCE="project_ref programme envelope",
        TEXT="title managing_authority quote note price_basis",
        CODE="fund country theme currency stage",
        DATE="start_date end_date decision_date",
        SPLIT="countries_split themes_split",
        AMOUNT=_AMOUNTS,
    ),
    Kind.PROJECTS: _fields(
        REFERENCE="project_ref parent programme envelope",
        TEXT="unit title summary beneficiary beneficiary_country location nuts postcode city status priority "
        "specific_objective intervention_type call url year managing_authority note price_basis",
        CODE="fund country theme currency stage",
        DATE="start_date end_date decision_date",
        SPLIT="countries_split themes_split",
        PERCENT="eu_rate earmark_share",
        AMOUNT=_AMOUNTS,
    ),
    Kind.FIGURES: _fields(
        REFERENCE="figure",
        TEXT="quote source page section scope kind qualifier unit measure stage basis fund earmark country theme "
        "envelope scope_of programme denominator part_of counting_unit rule note relations caveat",
        DATE="period_start period_end as_of",
        NUMBER="value",
        FLAG="target",
    ),
    Kind.RATES: _fields(
        TEXT="source note",
        CODE="currency reference_currency",
        DATE="valid_from valid_to",
        NUMBER="rate",
    ),
}

#: The field that holds the record's own reference; a rate's is made from its currency and day.
REFERENCE_FIELD: Final[dict[Kind, str]] = {
    Kind.ENVELOPES: "envelope",
    Kind.PROGRAMMES: "project_ref",
    Kind.PROJECTS: "project_ref",
    Kind.FIGURES: "figure",
    Kind.RATES: "",
}

#: Fields whose amounts stand on a stage of their own; the others stand on the stage of the row.
OWN_STAGE: Final[dict[str, Stage]] = {
    "amount": Stage.ALLOCATED,
    "contracted": Stage.CONTRACTED,
    "declared": Stage.DECLARED,
    "paid": Stage.PAID,
}

#: The basis of an amount field; `total_cost` has none: it is a sum over them.
BASIS: Final[dict[str, Basis]] = {
    "amount": Basis.EU,
    "eu_contribution": Basis.EU,
    "national_public": Basis.NATIONAL_PUBLIC,
    "public_contribution": Basis.PUBLIC,
    "private": Basis.PRIVATE,
    "other_contribution": Basis.OTHER,
    "contracted": Basis.EU,
    "declared": Basis.EU,
    "paid": Basis.EU,
}
