"""Checks of shared management: co-financing rates by type of action, and minimum shares by specific objective."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from ledger.actions.check_terms import Asked, tell
from ledger.actions.evidence import kept_rows, shown
from ledger.domain.findings import Finding, Severity
from ledger.domain.money import Money, display
from ledger.domain.rules import Known, Looked
from ledger.intake.cells import column_index
from ledger.reconcile import limits
from ledger.reconcile.limits import Limit
from ledger.store import controls, shared_management
from ledger.store.shared_management import Financed

#: Projects whose whole cost may be the EU share, and whose total is looked up in the kept file; above, it is not.
_LOOKED_UP_AT_MOST = 2_000


def cofinancing_rate(asked: Asked) -> Looked:
    """EU shares against the ceiling of the type of action."""
    ceilings = limits.limits_of("cofinancing")
    projects = shared_management.financed(
        asked.connection, sorted({fund for fund, _ in ceilings}), with_illustrative=asked.with_illustrative
    )
    mine = [each for each in projects if _in_period(each)]
    whole = _whole_costs(asked, [each for each in mine if each.total <= each.eu and each.rate is None])
    found: list[Finding] = []
    unknown = untyped = 0
    for each in mine:
        share = _share(each, whole)
        if share is None:
            unknown += 1
            continue
        case = limits.action_type(each.said)
        ceiling = ceilings.get((each.fund, case or ""))
        if share * 100 > Fraction((ceiling or ceilings[each.fund, "standard"]).percent):
            found.append(_above(each, share, ceiling, ceilings[each.fund, "standard"]))
            untyped += ceiling is None
    every = controls.count_projects(asked.connection, with_illustrative=asked.with_illustrative)
    looked = Looked(every - unknown, found)
    looked.leave_out(unknown, "projects without a total cost, another share or a rate")
    if untyped:
        looked.notes.append(f"{untyped} projects without a type of action were held against the standard rate")
    return looked


def _in_period(project: Financed) -> bool:
    """Whether the acts of 2021 to 2027 hold: by the programme, else by the day; what nothing dates is taken to be."""
    named = limits.cci(project.programme)
    if named:
        return named.year >= 2021
    return project.first is None or project.first.year >= 2021


def _share(project: Financed, whole: set[int]) -> Fraction | None:
    if project.total > project.eu:
        return Fraction(project.eu, project.total)
    if project.rate is not None:
        return Fraction(Decimal(project.rate)) / 100
    return Fraction(1) if project.source_row in whole else None


def _above(project: Financed, share: Fraction, ceiling: Limit | None, standard: Limit) -> Finding:
    limit = ceiling or standard
    certain = limit.known is not Known.UNVERIFIED and (ceiling is not None or share > 1)
    if project.total > project.eu or project.rate is None:
        of = f"{display(project.eu, project.currency)} of {display(max(project.total, project.eu), project.currency)}"
        over = -(-(project.eu * 100 - int(limit.percent * max(project.total, project.eu))) // 100)
        said = f"project {project.ref}: the EU share is {of}, {display(over, project.currency)} above {limit.percent} %"
    else:
        said = f"project {project.ref}: the co-financing rate is stated as {project.rate} %, above {limit.percent} %"
    if ceiling is None:
        said += "; its type of action is not recorded, and other types may have more"
    values = {
        "project": project.ref,
        "source": project.source,
        "fund": project.fund,
        "ceiling": limit.percent,
        "case": ceiling.case if ceiling else None,
        "eu": Money(project.eu, project.currency),
        "total": Money(max(project.total, project.eu), project.currency),
        "legal_reference": limit.legal_reference,
    }
    return tell(
        "cofinancing-rate",
        f"{said} ({limit.legal_reference})",
        project.place,
        values,
        None if certain else Severity.WARNING,
    )


def _whole_costs(asked: Asked, projects: Sequence[Financed]) -> set[int]:
    """The rows in which a total cost stands although nothing is left of it beside the EU share: it is all of the cost."""
    rows = {each.source_row: each for each in projects if each.source_row is not None}
    if len(rows) > _LOOKED_UP_AT_MOST:
        return set()
    wanted: dict[tuple[str, str, str], dict[int, tuple[int, int]]] = {}
    for row, (sha256, columns) in shared_management.total_cost_cells(asked.connection, list(rows)).items():
        place = rows[row].place
        letter = next((each["letter"] for each in json.loads(columns) if each["field"] == "total_cost"), None)
        if letter and place.row is not None:
            of_sheet = wanted.setdefault((sha256, place.file, place.sheet), {})
            of_sheet[place.row] = (column_index(letter) - 1, row)
    found: set[int] = set()
    for (sha256, file, sheet), cells in wanted.items():
        last = max(cells)
        for line in kept_rows(asked.connection, sha256, file, sheet):
            if line.number > last:
                break
            at, row = cells.get(line.number, (len(line.values), 0))
            if at < len(line.values) and shown(line.values[at]).strip():
                found.add(row)
    return found


def minimum_shares(asked: Asked) -> Looked:
    """Shares of specific objectives in what each programme committed.

    Money without an objective may belong to any: a share is too small only where all of that would not lift it.
    """
    minima = limits.limits_of("minimum-share")
    programmes: dict[tuple[str, str, str], list[Financed]] = {}
    homeless = 0
    for each in shared_management.financed(
        asked.connection, sorted({fund for fund, _ in minima}), with_illustrative=asked.with_illustrative
    ):
        if not _in_period(each):
            continue
        if each.programme is None:
            homeless += 1
            continue
        programmes.setdefault((each.fund, each.programme, each.currency), []).append(each)
    found: list[Finding] = []
    open_ones = 0
    for (fund, programme, currency), projects in programmes.items():
        sums: dict[str | None, int] = {}
        for each in projects:
            objective = limits.objective(each.objective)
            sums[objective] = sums.get(objective, 0) + each.eu
        total, unknown = sum(sums.values()), sums.get(None, 0)
        undecided = False
        for limit in (each for (of, _), each in minima.items() if of == fund):
            held, wanted = sums.get(limit.case, 0), limit.percent * total
            if (held + unknown) * 100 < wanted:
                values = {
                    "programme": programme,
                    "objective": limit.case,
                    "held": Money(held, currency),
                    "total": Money(total, currency),
                    "minimum": limit.percent,
                    "legal_reference": limit.legal_reference,
                }
                said = (
                    f"programme {programme}: {display(held + unknown, currency)} at most of {display(total, currency)} "
                    f"committed stand under specific objective ({limit.case}), less than {limit.percent} % "
                    f"({limit.legal_reference}); what the list leaves out may change that"
                )
                found.append(tell("minimum-share", said, projects[0].place, values))
            elif held * 100 < wanted:
                undecided = True
        open_ones += undecided
    every = controls.count_projects(asked.connection, with_illustrative=asked.with_illustrative)
    looked = Looked(every - homeless, found)
    looked.leave_out(open_ones, "programmes whose projects do not all state their specific objective")
    looked.leave_out(homeless, "projects without a programme")
    return looked
