"""What each role can do with each table, verb by verb and scope by scope: as declared, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.store.models import APPEND_ONLY, Base
from ledger.store.rights import ROLES
from tests.rights import matrix
from tests.rights.team import LOGINS, Team

#: Everybody with a role reads all rows of these; nobody but the owner writes to them.
CODE_LISTS = {"fund", "country", "country_group", "country_group_member", "theme", "earmark", "alembic_version"}


@pytest.mark.slow
def test_every_table_verb_and_scope_is_as_declared(team: Team) -> None:
    found = {tuple(line[c] for c in matrix.COLUMNS[:3]): line for line in matrix.outcomes(team)}
    meant = {tuple(line[c] for c in matrix.COLUMNS[:3]): line for line in matrix.declared()}
    assert found.keys() == meant.keys(), "a new table is declared by: python -m tests.rights.matrix, and read"
    assert {key: line for key, line in found.items() if line != meant[key]} == {}


#: Where an auditor's samples go: into batches of their own, which are sealed.
SAMPLED = {"batch", "audit_sample", "audit_sample_item", "figure_run", "figure_run_result", "seal", "seal_hint"}


def test_the_declaration_itself_says_what_roles_are_for() -> None:
    """Were somebody to write the file anew without reading it, these would still hold."""
    lines = matrix.declared()
    assert {line["table"] for line in lines} == set(Base.metadata.tables) | {"alembic_version"}
    for line in lines:
        allowed = {role for role in LOGINS if line[role] == "yes"}
        if line["verb"] in ("update", "delete", "truncate"):
            assert not allowed, line
        elif line["verb"] == "insert":
            keeps = {"auditor"} if line["table"] in SAMPLED else set()
            books = set() if line["table"].startswith("audit_") else {"officer", "officer_all"}
            assert allowed <= keeps | books, line
            assert not allowed or line["table"] in APPEND_ONLY, line
        else:
            assert {"officer_all", "auditor"} <= allowed, line
            if line["rows"] in ("country", "fund"):
                assert not allowed & {"officer", "planner"}, line
            if line["table"].startswith(("source_", "finding")):
                assert not allowed & {"planner", "planner_all"}, line
    assert all(line[role] in ("yes", "no") for line in lines for role in LOGINS)


def test_every_table_has_row_security_or_is_a_code_list(team: Team) -> None:
    with team.admin() as connection:
        rows = connection.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, count(p.oid) FROM pg_class c "
            "LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relkind IN ('r', 'p') "
            "AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2"
        ).fetchall()
    secured = {table for table, forced, policies in rows if forced and policies >= 2}
    assert secured | CODE_LISTS == {table for table, _, _ in rows}
    assert not secured & CODE_LISTS


def test_the_guide_says_what_the_matrix_says(root: Path) -> None:
    page = (root / "docs" / "guides" / "team.md").read_text("utf-8")
    told = {
        cells[1].strip(): [cell.strip() for cell in cells[2:6]]
        for cells in (line.split("|") for line in page.splitlines())
        if len(cells) > 6 and cells[1].strip() in ROLES
    }
    lines = matrix.declared()

    def may(role: str, table: str, verb: str) -> str:
        """Whether the role's own login may do it with its own rows, or with those that are everybody's."""
        found = {x[role] for x in lines if x["table"] == table and x["verb"] == verb and x["rows"] in ("own", "common")}
        return "yes" if "yes" in found else "no"

    asked = (("transfer", "insert"), ("audit_sample", "insert"), ("source_content", "select"), ("transfer", "select"))
    assert told == {role: [may(role, *each) for each in asked] for role in ROLES}
