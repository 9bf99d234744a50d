"""The tables (DESIGN sections 5 and 7). What is booked is append-only; `APPEND_ONLY` names those tables.

Identity and attributes are kept apart: `project` says that there is such a project, `project_version` what a batch
said of it; the current version is the one with the highest id. Envelopes, programmes and published figures likewise.
Constraints are RESTRICT throughout: nothing in a ledger disappears with something else.
"""

from __future__ import annotations

from ledger.store.columns import Base
from ledger.store.models.code_lists import (
    Country,
    CountryGroup,
    CountryGroupMember,
    Earmark,
    Fund,
    Theme,
)
from ledger.store.models.evidence import (
    Batch,
    RecordedFinding,
    SourceContent,
    SourceFile,
    SourceRow,
    SourceSheet,
)
from ledger.store.models.figures import (
    PublishedFigure,
    PublishedFigureVersion,
    Waiver,
)
from ledger.store.models.journal import (
    Account,
    Balance,
    Transfer,
)
from ledger.store.models.portfolio import (
    Coverage,
    Envelope,
    EnvelopeVersion,
    Programme,
    ProgrammeVersion,
    Project,
    ProjectEarmark,
    ProjectSplit,
    ProjectVersion,
)
from ledger.store.models.rates import Rate, RateVersion
from ledger.store.models.rights import BatchScope, Membership
from ledger.store.models.runs import FigureRun, FigureRunResult
from ledger.store.models.samples import AuditSample, AuditSampleItem
from ledger.store.models.seals import Seal, SealHint

#: Refused by triggers on both databases: UPDATE, DELETE (and TRUNCATE) of anything booked.
APPEND_ONLY = (
    "batch",
    "source_content",
    "source_file",
    "source_sheet",
    "source_row",
    "finding",
    "envelope",
    "envelope_version",
    "programme",
    "programme_version",
    "project",
    "project_version",
    "project_split",
    "project_earmark",
    "coverage",
    "account",
    "transfer",
    "published_figure",
    "published_figure_version",
    "waiver",
    "rate",
    "rate_version",
    "audit_sample",
    "audit_sample_item",
    "figure_run",
    "figure_run_result",
    "seal",
    "seal_hint",
    "membership",
    "batch_scope",
)

__all__ = [
    "APPEND_ONLY",
    "Account",
    "AuditSample",
    "AuditSampleItem",
    "Balance",
    "Base",
    "Batch",
    "BatchScope",
    "Country",
    "CountryGroup",
    "CountryGroupMember",
    "Coverage",
    "Earmark",
    "Envelope",
    "EnvelopeVersion",
    "FigureRun",
    "FigureRunResult",
    "Fund",
    "Membership",
    "Programme",
    "ProgrammeVersion",
    "Project",
    "ProjectEarmark",
    "ProjectSplit",
    "ProjectVersion",
    "PublishedFigure",
    "PublishedFigureVersion",
    "Rate",
    "RateVersion",
    "RecordedFinding",
    "Seal",
    "SealHint",
    "SourceContent",
    "SourceFile",
    "SourceRow",
    "SourceSheet",
    "Theme",
    "Transfer",
    "Waiver",
]
