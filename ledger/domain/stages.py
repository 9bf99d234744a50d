"""Stages through which money goes, and the bases it is counted on, with the words of the law behind each.

Sources: Regulation (EU, Euratom) 2018/1046 (the Financial Regulation, "FR"; recast as 2024/2509, where the article
numbers differ) and Regulation (EU) 2021/1060 (the Common Provisions Regulation, "CPR").
Article numbers are from memory and unverified: check them in the text of the act before quoting.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Where an amount stands on its way from the act to the beneficiary.

    A transfer takes money from the stage before (`source_of`) and brings it to the stage named; what a report calls
    "committed" is the inflow to `COMMITTED`, what it calls "available" is a balance.
    """

    #: Everything beyond the ledger: the budgetary authority that grants, the beneficiary that declares.
    OUTSIDE = "outside"
    #: "Allocated", "earmarked": set aside by a basic act, a programme decision or a parent envelope.
    ALLOCATED = "allocated"
    #: "Budgetary commitment": the operation reserving the appropriation for later payments; FR Art. 112.
    COMMITTED = "committed"
    #: "Legal commitment": the grant agreement or contract that creates the obligation to pay; FR Art. 112.
    CONTRACTED = "contracted"
    #: "Eligible expenditure declared": costs that the beneficiary reports; CPR Art. 91. Not yet money.
    DECLARED = "declared"
    #: "Payment": pre-financing, interim payment or balance paid out; FR Art. 115, CPR Art. 90-93.
    PAID = "paid"
    #: "Decommitment": a commitment cancelled in whole or part; FR Art. 114, CPR Art. 105.
    DECOMMITTED = "decommitted"
    #: "Recovery": money paid that comes back; FR Art. 98, CPR Art. 103 (corrections).
    RECOVERED = "recovered"

    @property
    def rank(self) -> int | None:
        """Place in the flow: outside 0, allocated 1, committed 2, contracted 3, paid 4; None for those beside it."""
        return _RANK.get(self)


class Basis(StrEnum):
    """Whose money an amount is. The total cost is the sum over the bases and is never stored as one."""

    #: "Union contribution", "EU share": charged to the budget of the Union; CPR Art. 112 (co-financing rates).
    EU = "eu"
    #: "National public contribution": paid by the Member State's or partner country's public bodies.
    NATIONAL_PUBLIC = "national_public"
    #: "Public contribution" whose division between Union and State is not stated; never added to an EU share.
    PUBLIC = "public"
    #: "Private contribution": the beneficiary's or a sponsor's own money.
    PRIVATE = "private"
    #: Any other stated source, such as another donor or income of the project.
    OTHER = "other"


_RANK: Final[dict[Stage, int]] = {
    Stage.OUTSIDE: 0,
    Stage.ALLOCATED: 1,
    Stage.COMMITTED: 2,
    Stage.CONTRACTED: 3,
    Stage.PAID: 4,
}

_SOURCE: Final[dict[Stage, Stage]] = {
    Stage.ALLOCATED: Stage.OUTSIDE,
    Stage.COMMITTED: Stage.ALLOCATED,
    Stage.CONTRACTED: Stage.COMMITTED,
    Stage.PAID: Stage.CONTRACTED,
    Stage.DECLARED: Stage.OUTSIDE,
    Stage.DECOMMITTED: Stage.COMMITTED,
    Stage.RECOVERED: Stage.PAID,
}


def source_of(stage: Stage) -> Stage:
    """The stage that money at `stage` comes from: committed <- allocated, declared <- outside.

    An allocation comes from outside at the root of a tree of envelopes; below it, from the parent's allocation, which
    is the same stage of another holder. Raises ValueError for `OUTSIDE`, which nothing precedes.
    """
    if stage is Stage.OUTSIDE:
        raise ValueError("nothing precedes the outside")
    return _SOURCE[stage]
