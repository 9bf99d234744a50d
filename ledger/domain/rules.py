"""The rules that `check` runs, and the one registry of them: what each holds, how grave a breach is, and whose law it is.

`docs/reference/checks.md` is generated from `RULES`, so a rule without a purpose and a source cannot be added. Nothing
is cited as read that was not read: `known` says how far a source was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from ledger.domain.findings import CheckResult, Finding, Severity


class Known(StrEnum):
    """How far the source of a rule, or of a limit, was read."""

    #: Not a rule of law: what the ledger promises of itself.
    OWN = "the ledger's own rule"
    #: The article's text was read.
    READ = "read"
    #: The article is known by its heading or by somebody else's account of it.
    SECOND_HAND = "second-hand"
    #: Remembered, and not found in a text at hand. Breaches are warnings at most.
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: kebab-case name, usual severity of a breach, purpose in a sentence, and where it comes from.

    `codes` are those of its findings; `needs` says which recorded facts it cannot do without: what lacks them is counted
    as not checked. A finding may be milder than the rule's severity, and then says so.
    """

    name: str
    severity: Severity
    purpose: str
    source: str
    known: Known
    codes: tuple[str, ...]
    needs: str = ""


@dataclass(slots=True)
class RuleResult(CheckResult):
    """What a rule found: also its severity, how many things it could not look at, and why (`notes`)."""

    severity: Severity = Severity.ERROR
    not_checked: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Looked:
    """What a rule looked at and found, before it is judged."""

    checked: int
    findings: list[Finding] = field(default_factory=list)
    not_checked: int = 0
    notes: list[str] = field(default_factory=list)

    def leave_out(self, count: int, what: str) -> None:
        """Say that `count` things were not looked at, and why: "projects without …"; nothing where there are none."""
        if count:
            self.not_checked += count
            self.notes.append(f"not checked: {count} {what}")


_OWN = Known.OWN
_FR = "Regulation (EU, Euratom) 2024/2509 (Financial Regulation)"

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

_REGISTRY: Final[tuple[Rule, ...]] = (
    Rule(
        "tree-sums",
        _ERROR,
        "The parts of every envelope add up to it where they are stated to be all of it, and never exceed it.",
        "the act that each envelope names, such as Regulation (EU) 2021/1147, Art. 10(2) and 13(1) (AMIF)",
        Known.READ,
        ("tree-sum", "over-allocated"),
    ),
    Rule(
        "over-commitment",
        _ERROR,
        "Commitments stay within what is allocated: on each envelope, alone and with its parts, each programme, each fund.",
        f"{_FR}, Art. 112 (budgetary commitments), seen where Art. 10(4) cites it",
        Known.SECOND_HAND,
        ("over-committed",),
        "an envelope of the fund in current prices; reinforcements are named, not added",
    ),
    Rule(
        "over-contracting",
        _ERROR,
        "Contracts stay within what is allocated: on each envelope with its parts, each programme, and each fund.",
        f"{_FR}, Art. 112: the budgetary commitment, and so the appropriation, covers the legal commitment",
        Known.SECOND_HAND,
        ("over-contracted",),
        "commitments, by which it is known whose money a contract spends",
    ),
    Rule(
        "over-payment",
        _ERROR,
        "Payments, less recoveries, stay within what is allocated: on each envelope with its parts, each programme and fund.",
        f"{_FR}, Art. 115 (payments); the numbering of 2018/1046, as Regulation (EU) 2018/1877, Art. 24, cites it",
        Known.SECOND_HAND,
        ("over-paid",),
        "commitments, by which it is known whose money a payment spends",
    ),
    Rule(
        "orphans",
        _ERROR,
        "Every account has its holder, every transfer its row of a file, every part its parent: no number hangs loose.",
        "Regulation (EU) 2021/1060 (CPR), Annex XIII (audit trail)",
        Known.READ,
        ("orphan",),
    ),
    Rule(
        "split-sums",
        _ERROR,
        "The country and theme shares of every project make exactly 100 %, and its booked parts follow them.",
        "IATI standard: recipient percentages of an activity add up to 100",
        Known.READ,
        ("split-sum",),
    ),
    Rule(
        "balances",
        _ERROR,
        "Every kept balance equals the journal added up anew, row by row.",
        "docs/ledger-model.md, Double entry of envelopes",
        _OWN,
        ("balance-differs",),
    ),
    Rule(
        "append-only",
        _ERROR,
        "The triggers that refuse to change or delete what is booked are in place.",
        "docs/decisions.md, Append-only by triggers",
        _OWN,
        ("trigger-missing",),
    ),
    Rule(
        "illustrative",
        _ERROR,
        "Made-up example money has accounts of its own: no transfer joins it with recorded money.",
        "docs/ledger-model.md, Illustrative data",
        _OWN,
        ("illustrative-mixed",),
    ),
    Rule(
        "waivers",
        _ERROR,
        "Every waiver still accepts the difference of its figure: its day has not passed, and no cent has moved.",
        "docs/decisions.md, A waiver accepts one difference",
        _OWN,
        ("waiver-lapsed",),
    ),
    Rule(
        "contracted-above-committed",
        _ERROR,
        "No more is contracted than committed: for each project, and for each decision with all its contracts.",
        f"{_FR}, Art. 112: the budgetary commitment covers the legal commitment",
        Known.SECOND_HAND,
        ("contracted-above-committed",),
        "EU-share amounts on both stages, in one currency",
    ),
    Rule(
        "paid-above-contracted",
        _ERROR,
        "No more is paid, less what was recovered, than contracted: for each project, and each decision with its contracts.",
        f"{_FR}, Art. 115 (payments); the numbering of 2018/1046, as Regulation (EU) 2018/1877, Art. 24, cites it",
        Known.SECOND_HAND,
        ("paid-above-contracted",),
        "EU-share amounts on both stages, in one currency",
    ),
    Rule(
        "paid-above-committed",
        _ERROR,
        "Where no contract is recorded, no more is paid, less what was recovered, than committed.",
        f"{_FR}, Art. 115 (payments); the numbering of 2018/1046, as Regulation (EU) 2018/1877, Art. 24, cites it",
        Known.SECOND_HAND,
        ("paid-above-committed",),
        "EU-share amounts on both stages, in one currency",
    ),
    Rule(
        "contract-without-decision",
        _ERROR,
        "What is contracted or paid has a commitment, its own or its decision's; a contract names its decision.",
        "a financing decision precedes the commitment, the commitment the contract: Financial Regulation, Art. 110 to 112, "
        "as Regulation (EU) 2018/1877, Art. 24, cites them",
        Known.SECOND_HAND,
        ("contract-without-decision",),
        "a list that states commitments at all; contracts without a decision are warnings, in lists that hold decisions",
    ),
    Rule(
        "contract-before-decision",
        _ERROR,
        "No contract is dated before the decision that it implements.",
        "Financial Regulation, Art. 110 and 111, as Regulation (EU) 2018/1877, Art. 24, cites them",
        Known.SECOND_HAND,
        ("contract-before-decision",),
        "a day of the contract, and a decision date (or a dated commitment)",
    ),
    Rule(
        "payment-before-decision",
        _ERROR,
        "No payment is dated before the decision that allows it.",
        "Financial Regulation, Art. 110, 111 and 115, as Regulation (EU) 2018/1877, Art. 24, cites them",
        Known.SECOND_HAND,
        ("payment-before-decision",),
        "a day of the payment, and a decision date (or a dated commitment)",
    ),
    Rule(
        "duplicates",
        _WARNING,
        "No project is booked twice: under two references of one list with equal content, or in two lists.",
        "no double financing: CPR, Annex XIII, and the trap of one list under two names",
        Known.SECOND_HAND,
        ("duplicate-content",),
        "a title and an amount",
    ),
    Rule(
        "double-counted-parents",
        _ERROR,
        "A parent and its parts are never both counted, and parts never add up to more than their parent.",
        "docs/ledger-model.md: a part draws on its parent's account of the same stage",
        _OWN,
        ("parent-and-child-counted", "parts-above-parent"),
    ),
    Rule(
        "cofinancing-rate",
        _ERROR,
        "The EU share of a project stays within the ceiling of its type of action: 75 %, 90 % or 100 % of the total cost.",
        "Regulation (EU) 2021/1147, Art. 15 (AMIF), and 2021/1148, Art. 12 (BMVI), were read; 2021/1149, Art. 12 (ISF), was "
        "not: its rates are unverified and warn at most. Limit by limit: imports/codelists/legal-limits.csv",
        Known.READ,
        ("cofinancing-rate",),
        "a total cost, another share or a rate, and a type of action (intervention_type, or words in priority, "
        "specific_objective or call); without a type the standard rate warns",
    ),
    Rule(
        "minimum-shares",
        _WARNING,
        "Each AMIF programme has at least 15 % under specific objective (a) and 15 % under (b).",
        "Regulation (EU) 2021/1147, Art. 16; it binds what is allocated, and the ledger sees what is committed",
        Known.READ,
        ("minimum-share",),
        "projects that name their programme and their specific objective",
    ),
    Rule(
        "eligibility-period",
        _WARNING,
        "Expenditure and projects of AMIF, BMVI and ISF lie between the first and last day of their programme's period.",
        "Regulation (EU) 2021/1060, Art. 63 (1.1.2021 to 31.12.2029); days that a programme states itself are errors",
        Known.UNVERIFIED,
        ("outside-eligibility",),
        "a programme with days of its own or a CCI of 2021",
    ),
    Rule(
        "commitment-period",
        _WARNING,
        "Commitments on an envelope are dated within its period.",
        "the act that each envelope names; Regulation (EU) 2021/947, Art. 6(1) (NDICI-Global Europe, 2021-2027)",
        Known.READ,
        ("outside-envelope-period",),
        "commitments that name an envelope with a period",
    ),
    Rule(
        "date-order",
        _ERROR,
        "No project ends before it starts.",
        "docs/ledger-model.md, Two times",
        _OWN,
        ("ends-before-start",),
        "both days",
    ),
    Rule(
        "code-validity",
        _WARNING,
        "Countries, funds and types of action are used on days on which they were valid.",
        "imports/codelists: country-groups.csv and legal-limits.csv, row by row; programmes of 2021-2027: Regulations (EU) "
        "2021/1147, 2021/1148 and 2021/1149, Annex I",
        Known.SECOND_HAND,
        ("code-not-valid",),
        "a day of the project",
    ),
    Rule(
        "pre-financing",
        _WARNING,
        "Pre-financing of AMIF, BMVI and ISF is 4 % for 2021, 3 % for 2022, 5 % for 2023 (12 % together) of the first allocation.",
        "Regulation (EU) 2021/1147, Art. 14(1), was read; 2021/1148 and 2021/1149, Art. 11, are second-hand; row by row in "
        "imports/codelists/legal-limits.csv",
        Known.READ,
        ("pre-financing-rate",),
        "a list of EU payments with the columns of Cohesion Open Data (pre_fin, init_plan_eu_amt_1_adoption)",
    ),
    Rule(
        "decommitment-risk",
        _WARNING,
        "What was committed in a year is paid or declared by the end of the third year after it; of 2027, by the end of 2029.",
        "Regulation (EU) 2021/1060, Art. 105 to 107, by the Commission's glossary and its note CPRE_24-0005-01; the "
        "exceptions of Art. 106, and any spreading of the 2021 commitment, are not counted",
        Known.SECOND_HAND,
        ("decommitment-risk",),
        "commitments of a programme by year, its own or those of a financial plan with its CCI, and payments or declarations",
    ),
    Rule(
        "published-totals",
        _WARNING,
        "A total that an imported sheet prints is the sum of its cells; what shipped workbooks print is noted alone.",
        "docs/ledger-model.md, Figures and intervals (R-TOTAL)",
        _OWN,
        ("printed-total-differs",),
    ),
)

#: Every rule by name, in the order in which they are run.
RULES: Final[dict[str, Rule]] = {rule.name: rule for rule in _REGISTRY}


def nearest(name: str) -> str:
    """What to say of a name that is no rule's: the likest one, where one is like it, and all of them."""
    like = get_close_matches(name.strip().lower().replace("_", "-"), RULES, n=1)
    hint = f"did you mean {like[0]!r}? There are" if like else "there are"
    return f"there is no check {name!r}; {hint}: {', '.join(RULES)}"
