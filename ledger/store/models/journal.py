"""The double-entry journal: accounts, transfers and the balances derived from them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.store.columns import (
    Base,
    BigId,
    Code,
    Currency,
    Day,
    Identity,
    MinorUnits,
)

_ACCOUNT_KEY = (
    text("coalesce(envelope_id, 0)"),
    text("coalesce(programme_id, 0)"),
    text("coalesce(project_id, 0)"),
)


class Account(Base):
    """Where money stands: holder · fund · country · theme · stage · basis · currency · price basis.

    At most one holder. Without a holder it is the outside world (stage outside) or the fund's own pool, from which
    commitments are drawn that name no envelope (stage allocated). Illustrative money has accounts of its own.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "(case when envelope_id is null then 0 else 1 end) + (case when programme_id is null then 0 else 1 end)"
            " + (case when project_id is null then 0 else 1 end) <= 1",
            "one_holder",
        ),
        CheckConstraint(
            "stage in ('outside', 'allocated', 'committed', 'contracted', 'declared', 'paid', 'decommitted', "
            "'recovered')",
            "stage",
        ),
        CheckConstraint("basis in ('eu', 'national_public', 'public', 'private', 'other')", "basis"),
        Index(
            "uq_account_key",
            *_ACCOUNT_KEY,
            "stage",
            "basis",
            "country_code",
            "theme_code",
            "fund_code",
            "currency",
            "price_basis",
            "is_illustrative",
            unique=True,
        ),
        Index("ix_account_project_id_stage_basis", "project_id", "stage", "basis"),
        Index("ix_account_programme_id_stage_basis", "programme_id", "stage", "basis"),
        Index("ix_account_envelope_id_stage_basis", "envelope_id", "stage", "basis"),
    )

    id: Mapped[Identity]
    envelope_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("envelope.id"))
    programme_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("programme.id"))
    project_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("project.id"))
    fund_code: Mapped[Code] = mapped_column(ForeignKey("fund.code"))
    country_code: Mapped[Code] = mapped_column(ForeignKey("country.code"))
    theme_code: Mapped[Code] = mapped_column(ForeignKey("theme.code"))
    stage: Mapped[str] = mapped_column(String(12))
    basis: Mapped[str] = mapped_column(String(16))
    currency: Mapped[Currency]
    price_basis: Mapped[str] = mapped_column(String(12), comment="current, or the year of constant prices")
    is_illustrative: Mapped[bool]


class Transfer(Base):
    """One positive amount from one account to another. Never changed; a correction is a transfer that reverses it.

    A transfer is live when it reverses nothing and nothing reverses it. `source_row_id` and `source_column` (1-based)
    name its cell; `rule` says what was done with the cell's value.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", "positive"),
        CheckConstraint("debit_account_id <> credit_account_id", "two_accounts"),
        UniqueConstraint("reverses_id"),
        Index("ix_transfer_credit_account_id", "credit_account_id"),
        Index("ix_transfer_debit_account_id", "debit_account_id"),
        Index("ix_transfer_batch_id", "batch_id"),
    )

    id: Mapped[Identity]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"))
    debit_account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), comment="the money leaves here")
    credit_account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), comment="the money arrives here")
    amount_minor: Mapped[MinorUnits]
    value_date: Mapped[Day | None] = mapped_column(comment="when it happened; null where nothing dates it")
    source_row_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("source_row.id"))
    source_column: Mapped[int | None]
    rule: Mapped[str] = mapped_column(String(80))
    reverses_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("transfer.id"))


class Balance(Base):
    """Derived from the journal, by account and year of value date (0: undated); `check balances` compares the two.

    `to_date_minor` is what came in from earlier stages or the same stage, less what went back or sideways;
    `passed_on_minor` what went on to later stages. What is left is the difference.
    """

    __tablename__ = "balance"

    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("account.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    to_date_minor: Mapped[MinorUnits]
    passed_on_minor: Mapped[MinorUnits]
