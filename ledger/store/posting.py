"""From the waiting room into the ledger: identities, versions, accounts, transfers, balances; only what changed.

The rule for a correction is always the same: the transfer of the old cell is reversed in full and the new cell is
posted in full. So every live transfer stands for one cell (or a stated share of it), and cells add up to any total.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import text

from ledger.domain.findings import Finding
from ledger.domain.records import Kind
from ledger.store import accounts, journal
from ledger.store.context import Context
from ledger.store.staging import HOLDERS, Holder, Staged

#: The order in which kinds are posted: a later one may draw on an earlier one.
_ORDER = (Kind.ENVELOPES, Kind.PROGRAMMES, Kind.PROJECTS, Kind.FIGURES, Kind.RATES)


@dataclass(slots=True)
class Posted:
    """What a posting did. `something` is False when the ledger held all of it already."""

    rows: Counter[str] = field(default_factory=Counter)
    stated: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    something: bool = False
    #: earlier batches that spoke of the same records: this list takes the place of theirs
    succeeds: set[int] = field(default_factory=set)


def post(context: Context, staged: Staged, *, complete: bool) -> Posted:
    """Book what is staged; `complete` also reverses what this source stated before and no longer states."""
    posted = Posted(stated=staged.stated)
    for kind in _ORDER:
        if kind not in staged.kinds:
            continue
        holder = HOLDERS[kind]
        _refuse_bad_parents(context, holder)
        _identities(context, holder)
        if kind is Kind.PROJECTS:
            _programmes_named(context)
        _mark_versions(context, holder)
        if holder.has_account:
            accounts.resolve(context, holder)
            journal.match(context, holder)
            if not context.is_situation:
                # What the file does not repeat stands: it adds to the ledger and replaces nothing.
                context.run("DELETE FROM stage_live WHERE kind = :kind AND matched = 0", kind=kind.value)
        _mark_rows(context, holder)
    _source_rows(context)
    for kind in _ORDER:
        if kind in staged.kinds:
            _versions(context, HOLDERS[kind])
    new, reversed_ = journal.write(context)
    posted.succeeds = _spoke_before(context, staged.kinds)
    posted.vanished, withdrawn = _vanished(context, staged.kinds, complete=complete)
    journal.update_balances(context)
    _count(context, staged, posted)
    posted.something = bool(posted.rows["posted"] or new or reversed_ or withdrawn)
    return posted


def _refuse_bad_parents(context: Context, holder: Holder) -> None:
    """Rows whose parent is nowhere, or is the row itself in the end, are rejected; so are their own children, in turn."""
    if not holder.links.get("parent_id") or not context.value(
        f"SELECT count(*) FROM {holder.staged} WHERE parent_ref IS NOT NULL"
    ):
        return
    for seq, ref, parent in _in_circles(context, holder):
        _refuse(context, holder, seq, "parent-cycle", f"{ref!r} has {parent!r} above it, which stands below it")
    unknown = (
        f"SELECT r.seq, r.parent_ref FROM {holder.staged} r WHERE r.parent_ref IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM {holder.staged} p WHERE p.ref = r.parent_ref) "
        f"AND NOT EXISTS (SELECT 1 FROM {holder.table} p WHERE p.ref = r.parent_ref"
        + (" AND p.source = :source)" if holder.has_source else ")")
    )
    values = {"source": context.source} if holder.has_source else {}
    while found := context.connection.execute(text(unknown), values).fetchall():
        for seq, parent in found:
            message = f"the parent {parent!r} is neither in the file nor in the ledger"
            _refuse(context, holder, seq, "parent-unknown", message)


def _in_circles(context: Context, holder: Holder) -> list[tuple[int, str, str]]:
    """(seq, ref, parent) of the staged rows that come back to themselves.

    What the file says of a record counts; where it says nothing of one, what the ledger says.
    """
    parents: dict[str, str] = dict(
        context.connection.execute(
            text(
                f"SELECT h.ref, p.ref FROM {holder.version} v JOIN {holder.table} h ON h.id = v.{holder.id_column} "
                f"JOIN {holder.table} p ON p.id = v.parent_id WHERE v.is_withdrawn = false "
                f"AND v.id = (SELECT max(w.id) FROM {holder.version} w WHERE w.{holder.id_column} = h.id) "
                f"AND NOT EXISTS (SELECT 1 FROM {holder.staged} r WHERE r.ref = h.ref)"
                + (" AND h.source = :source" if holder.has_source else "")
            ),
            {"source": context.source} if holder.has_source else {},
        ).all()
    )
    said = context.connection.execute(
        text(f"SELECT seq, ref, parent_ref FROM {holder.staged} WHERE parent_ref IS NOT NULL ORDER BY seq DESC")
    ).fetchall()
    parents |= {ref: parent for _, ref, parent in said}  # the first row of a record is the one that counts
    found = []
    for seq, ref, parent in reversed(said):
        above, seen = parent, {parent}
        while above != ref and (above := parents.get(above)) is not None and above not in seen:
            seen.add(above)
        if above == ref:
            found.append((int(seq), str(ref), str(parent)))
    return found


def _refuse(context: Context, holder: Holder, seq: int, code: str, message: str) -> None:
    """Reject a staged row: it is told at its parent's cell, and books nothing."""
    sheet_no, number = context.connection.execute(
        text("SELECT sheet_no, number FROM stage_row WHERE seq = :seq"), {"seq": seq}
    ).one()
    sheet = context.sheets[sheet_no]
    letter = next((c.letter for c in sheet.columns if c.field == "parent"), "")
    context.findings.append(Finding(code, message, context.file, sheet.name, f"{letter}{number}"))
    context.run("UPDATE stage_row SET state = 'rejected' WHERE seq = :seq", seq=seq)
    for table in ("stage_amount", "stage_share", holder.staged):
        context.run(f"DELETE FROM {table} WHERE seq = :seq", seq=seq)


def _identities(context: Context, holder: Holder) -> None:
    source = "source, " if holder.has_source else ""
    given = ":source, " if holder.has_source else ""
    same = "i.ref = r.ref AND i.source = :source" if holder.has_source else "i.ref = r.ref"
    context.run(
        f"UPDATE {holder.staged} SET is_first = 1 WHERE seq IN (SELECT min(seq) FROM {holder.staged} GROUP BY ref)"
    )
    context.run(
        f"UPDATE {holder.staged} AS r SET is_new = 1 WHERE is_first = 1 "
        f"AND NOT EXISTS (SELECT 1 FROM {holder.table} i WHERE {same})"
    )
    context.run(
        f"INSERT INTO {holder.table} ({source}ref, batch_id) "
        f"SELECT {given}ref, :batch FROM {holder.staged} WHERE is_new = 1 ORDER BY seq"
    )
    context.run(f"UPDATE {holder.staged} AS r SET holder_id = (SELECT i.id FROM {holder.table} i WHERE {same})")
    if holder.links.get("parent_id"):
        parent = same.replace("r.ref", "r.parent_ref")
        context.run(
            f"UPDATE {holder.staged} AS r SET own_parent_id = (SELECT i.id FROM {holder.table} i WHERE {parent}) "
            "WHERE parent_ref IS NOT NULL"
        )
    context.run(
        f"UPDATE {holder.staged} AS r SET envelope_id = (SELECT i.id FROM envelope i WHERE i.ref = r.envelope_ref) "
        "WHERE envelope_ref IS NOT NULL"
    )


def _programmes_named(context: Context) -> None:
    """A programme that only projects name gets its identity; what is known of it comes with a list of programmes."""
    context.run(
        "INSERT INTO programme (source, ref, batch_id) SELECT DISTINCT :source, r.programme_ref, :batch "
        "FROM stage_project r WHERE r.programme_ref IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM programme p WHERE p.ref = r.programme_ref AND p.source = :source)"
    )
    context.run(
        "UPDATE stage_project AS r SET own_programme_id = (SELECT p.id FROM programme p "
        "WHERE p.ref = r.programme_ref AND p.source = :source) WHERE programme_ref IS NOT NULL"
    )


def _mark_versions(context: Context, holder: Holder) -> None:
    """A first row makes a new version unless the current version says the same."""
    context.run(
        f"UPDATE {holder.staged} AS r SET new_version = 1 WHERE is_first = 1 AND NOT EXISTS ("
        f"SELECT 1 FROM {holder.version} v WHERE v.{holder.id_column} = r.holder_id AND v.digest = r.digest "
        f"AND v.is_withdrawn = false AND v.id = (SELECT max(w.id) FROM {holder.version} w "
        f"WHERE w.{holder.id_column} = r.holder_id))"
    )


def _mark_rows(context: Context, holder: Holder) -> None:
    context.run(
        f"UPDATE stage_row SET changed = 1 WHERE seq IN (SELECT seq FROM {holder.staged} WHERE new_version = 1)"
    )
    if holder.has_account:
        context.run(
            "UPDATE stage_row SET changed = 1 WHERE seq IN "
            "(SELECT seq FROM stage_amount WHERE kind = :kind AND matched = 0)",
            kind=holder.kind.value,
        )
        context.run(
            f"UPDATE stage_row SET changed = 1 WHERE seq IN (SELECT r.seq FROM {holder.staged} r JOIN stage_live l "
            "ON l.holder_id = r.holder_id WHERE l.kind = :kind AND l.matched = 0 AND r.is_first = 1)",
            kind=holder.kind.value,
        )


def _source_rows(context: Context) -> None:
    """Keep every row of every sheet with its state; `context.sheets` and `source_sheet` stand in the same order."""
    ids = (
        context.connection.execute(
            text(
                "SELECT s.id FROM source_sheet s JOIN source_file f ON f.id = s.file_id WHERE f.batch_id = :batch "
                "ORDER BY s.position"
            ),
            {"batch": context.batch_id},
        )
        .scalars()
        .all()
    )
    for sheet_no, sheet_id in enumerate(ids):
        context.run(
            "INSERT INTO source_row (id, sheet_id, number, state, digest) SELECT CAST(:base AS bigint) + seq, "
            "CAST(:sheet AS bigint), number, "
            "CASE WHEN state = 'posted' AND changed = 0 THEN 'unchanged' ELSE state END, digest "
            "FROM stage_row WHERE sheet_no = :sheet_no ORDER BY seq",
            sheet=sheet_id,
            sheet_no=sheet_no,
        )


def _versions(context: Context, holder: Holder) -> None:
    links = "".join(f", {name}" for name in holder.links)
    linked = "".join(f", r.{name}" for name in holder.links.values())
    attributes = ", ".join(holder.attributes)
    given = ", ".join(_not_null(holder, name) for name in holder.attributes)
    context.run(
        f"INSERT INTO {holder.version} ({holder.id_column}, batch_id, source_row_id, is_withdrawn, digest{links}, "
        f"{attributes}) SELECT r.holder_id, CAST(:batch AS bigint), CAST(:base AS bigint) + r.seq, false, "
        f"r.digest{linked}, {given} FROM {holder.staged} r WHERE r.new_version = 1 ORDER BY r.seq"
    )
    if holder.kind is Kind.PROJECTS:
        context.run(
            "INSERT INTO project_split (version_id, kind, code, share_ppb) SELECT v.id, s.kind, s.code, s.share_ppb "
            "FROM stage_share s JOIN project_version v ON v.source_row_id = CAST(:base AS bigint) + s.seq "
            "AND v.batch_id = :batch WHERE s.kind <> 'earmark' ORDER BY s.seq, s.kind, s.code"
        )
        context.run(
            "INSERT INTO project_earmark (version_id, earmark_code, share_ppb) SELECT v.id, s.code, s.share_ppb "
            "FROM stage_share s JOIN project_version v ON v.source_row_id = CAST(:base AS bigint) + s.seq "
            "AND v.batch_id = :batch WHERE s.kind = 'earmark' ORDER BY s.seq, s.code"
        )


def _not_null(holder: Holder, name: str) -> str:
    return f"coalesce(r.{name}, '')" if (holder.kind, name) == (Kind.ENVELOPES, "title") else f"r.{name}"


def _spoke_before(context: Context, kinds: set[Kind]) -> set[int]:
    found: set[int] = set()
    for holder in (HOLDERS[kind] for kind in kinds if kind in HOLDERS and HOLDERS[kind].has_account):
        query = text(
            f"SELECT DISTINCT v.batch_id FROM {holder.version} v WHERE v.batch_id < :batch AND v.{holder.id_column} IN "
            f"(SELECT r.holder_id FROM {holder.staged} r WHERE r.is_new = 0)"
        )
        found.update(int(n) for n in context.connection.execute(query, {"batch": context.batch_id}).scalars())
    return found


def _vanished(context: Context, kinds: set[Kind], *, complete: bool) -> tuple[int, bool]:
    """Projects that this source stated before and this file does not: told, and reversed only if it is complete.

    A file that states no situation lists what is new: nothing vanishes from it.
    """
    if (
        not context.is_situation
        or Kind.PROJECTS not in kinds
        or not context.value("SELECT count(*) FROM stage_project")
    ):
        return 0, False
    gone = (
        "SELECT v.id, v.project_id FROM project_version v JOIN project p ON p.id = v.project_id "
        "WHERE p.source = :source AND v.is_withdrawn = false "
        "AND v.id = (SELECT max(w.id) FROM project_version w WHERE w.project_id = v.project_id) "
        "AND NOT EXISTS (SELECT 1 FROM stage_project r WHERE r.holder_id = v.project_id)"
    )
    count = int(context.value(f"SELECT count(*) FROM ({gone}) AS gone") or 0)
    if not count:
        return 0, False
    names = (
        context.connection.execute(
            text(f"SELECT p.ref FROM project p JOIN ({gone}) AS gone ON gone.project_id = p.id ORDER BY p.ref LIMIT 5"),
            {"source": context.source},
        )
        .scalars()
        .all()
    )
    shown = ", ".join(names) + (" …" if count > len(names) else "")
    refused = int(context.value("SELECT count(*) FROM stage_row WHERE state = 'rejected'"))
    done = "they were reversed" if complete else "nothing was reversed"
    if complete and refused:
        # A refused row may be one of them: its project is in the list, however badly.
        complete = False
        done = f"nothing was reversed, for {refused} refused row{'s' * (refused > 1)} may be among them"
    context.findings.append(
        Finding(
            "rows-vanished",
            f"{count} project{'s' * (count > 1)} of an earlier file {'are' if count > 1 else 'is'} not in this one ({shown}); {done}",
            context.file,
            values={"projects": count, "reversed": complete},
            remedy="Nothing to do." if complete else "Mend the refused rows and import again." if refused else "",
        )
    )
    if complete:
        journal.withdraw_projects(context, gone)
    return count, complete


def _count(context: Context, staged: Staged, posted: Posted) -> None:
    connection = context.connection
    states = connection.execute(
        text(
            "SELECT CASE WHEN state = 'posted' AND changed = 0 THEN 'unchanged' ELSE state END AS final, count(*) "
            "FROM stage_row GROUP BY 1"
        )
    )
    posted.rows = Counter({state: int(count) for state, count in states})
    sums = connection.execute(
        text(
            "SELECT CASE WHEN r.state = 'posted' AND r.changed = 0 THEN 'unchanged' ELSE r.state END AS final, s.field, "
            "s.currency, sum(s.minor) FROM stage_stated s JOIN stage_row r ON r.seq = s.seq GROUP BY 1, 2, 3"
        )
    )
    for state, name, currency, minor in sorted(sums):  # each database groups in an order of its own
        posted.stated.setdefault(state, {}).setdefault(name, Counter())[currency] += int(minor)
    for kind in staged.kinds - {Kind.FIGURES, Kind.RATES}:
        new, total = connection.execute(
            text(f"SELECT coalesce(sum(is_new), 0), count(*) FROM {HOLDERS[kind].staged} WHERE is_first = 1")
        ).one()
        changed = connection.execute(
            text(
                f"SELECT count(DISTINCT h.holder_id) FROM {HOLDERS[kind].staged} h JOIN stage_row r ON r.seq = h.seq "
                f"WHERE r.changed = 1 AND h.holder_id NOT IN "
                f"(SELECT f.holder_id FROM {HOLDERS[kind].staged} f WHERE f.is_new = 1)"
            )
        ).scalar()
        posted.new += int(new)
        posted.changed += int(changed or 0)
        posted.unchanged += int(total) - int(new) - int(changed or 0)
