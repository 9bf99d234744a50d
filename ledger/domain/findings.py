"""Findings: typed problems at a location, and the one registry of their codes.

A finding is a value, never an exception: every reader, check and action collects them all and hands them on.
`docs/reference/findings.md` is generated from `CODES`, so a code without a cause and a cure cannot be added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ledger.domain.overriding import override


class Severity(StrEnum):
    """What a finding does to the work at hand."""

    #: The file is not read further and nothing of it is posted (exit 3).
    STOP = "stop"
    #: The row, or the checked statement, is refused; everything else goes on (exit 1).
    ERROR = "error"
    #: The work is done, and somebody should look at it (exit 1).
    WARNING = "warning"
    #: Said so that nothing is silent (exit 0).
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding: stable name, what it does, why it arises and what to do."""

    code: str
    severity: Severity
    cause: str
    cure: str


def place_text(*parts: str | None) -> str:
    """`FILE!Sheet!F17`, with the parts that are known."""
    return "!".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem at a place: `FILE!Sheet!F17: message [code]`, then what to do.

    `cell` is an A1 address, a range (`E2:E28`) or a row (`17`); empty where the whole sheet or file is meant.
    `values` holds the machine-readable particulars (both readings of a number, printed and computed totals …).
    """

    code: str
    message: str
    file: str = ""
    sheet: str = ""
    cell: str = ""
    remedy: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    severity: Severity | None = None

    def __post_init__(self) -> None:
        known = CODES[self.code]
        if self.severity is None:
            object.__setattr__(self, "severity", known.severity)
        if not self.remedy:
            object.__setattr__(self, "remedy", known.cure)

    @property
    def level(self) -> Severity:
        """The severity that holds: the code's own unless the finding says otherwise."""
        return self.severity or CODES[self.code].severity

    @property
    def place(self) -> str:
        """`FILE!Sheet!F17`, with the parts that are known."""
        return place_text(self.file, self.sheet, self.cell)

    @override
    def __str__(self) -> str:
        return f"{self.place}: {self.message} [{self.code}]" if self.place else f"{self.message} [{self.code}]"

    def as_json(self) -> dict[str, Any]:
        """The finding as it stands in the JSON envelope (DESIGN section 8)."""
        return {
            "code": self.code,
            "severity": str(self.level),
            "file": self.file or None,
            "sheet": self.sheet or None,
            "cell": self.cell or None,
            "message": self.message,
            "remedy": self.remedy,
            "values": self.values,
        }


@dataclass(slots=True)
class CheckResult:
    """What a check found: `checked` counts what was looked at, `ok` says that nothing is wrong."""

    name: str
    ok: bool
    checked: int
    findings: list[Finding] = field(default_factory=list)


def stops(findings: Iterable[Finding]) -> bool:
    """True when any finding forbids going on with the file."""
    return any(f.level is Severity.STOP for f in findings)


# A table: code and severity, cause, cure.
# fmt: off
_REGISTRY: tuple[tuple[str, Severity, str, str], ...] = (
    # --- the file ------------------------------------------------------------------------------------------------
    ("file-missing", Severity.STOP, "No file stands at the path given.", "Check the path and its spelling."),
    ("file-unreadable", Severity.STOP, "The bytes are not the spreadsheet that the name promises, or are damaged.",
     "Open the file in Excel or LibreOffice, save it anew as .xlsx and import that."),
    ("file-type-unknown", Severity.STOP, "The file is of a kind that is not read.",
     "Save it as .xlsx, .xls, .ods or .csv."),
    ("file-protected", Severity.STOP, "The workbook is encrypted with a password.",
     "Ask the sender for it without a password, or remove the password in Excel and save."),
    ("file-changed", Severity.STOP, "The file's bytes are no longer those that its rows were read from.",
     "Close the file in other programs, and import it again."),
    ("file-too-large", Severity.STOP,
     "The file is larger, or reaches further, than what is read: bytes, entries, cells, or a cell far outside the table.",
     "Delete what stands outside the table (Ctrl+End leads there) or split the workbook, save it anew and import that."),
    ("file-unsafe", Severity.STOP, "The file is built as no spreadsheet program builds one, perhaps to do harm.",
     "Ask the sender how it was made; save it anew as .xlsx with a program you trust, and import that."),
    ("reader-crashed", Severity.STOP,
     "The reader of this kind of file ended without an answer. It ran apart, and nothing else was touched.",
     "Open the file in Excel or LibreOffice, save it as .xlsx and import that."),
    ("reader-missing", Severity.STOP, "A library that reading needs is not installed.",
     "Install the program anew, with its dependencies."),
    ("readings-differ", Severity.STOP, "Two independent readings of a sheet do not agree on what stands in it.",
     "Compare the sheet in Excel with both figures, save it anew as .xlsx, import that, and report the fault."),
    ("reading-unconfirmed", Severity.STOP, "The second, independent reading of a sheet failed, so nothing confirms the first.",
     "Open the file in Excel or LibreOffice, save it as .xlsx and import that."),
    ("file-empty", Severity.STOP, "The file holds no filled cell.", "Ask the sender for the filled file."),
    ("encoding-ambiguous", Severity.STOP, "The bytes can be read in two encodings that differ in letters.",
     "Say the encoding with --set encoding=…"),
    ("facts-unknown", Severity.WARNING, "Only the values of the workbook could be read, not their formats.",
     "Save it as .xlsx and import that."),
    ("quote-open", Severity.WARNING, "A quotation mark in the text file is never closed; quotes were read as they stand.",
     "Check the cells that begin with a quotation mark."),
    ("macros-ignored", Severity.INFO, "The workbook carries macros; they were not run.", "Nothing to do."),
    # --- profile, sheet, header ----------------------------------------------------------------------------------
    ("profile-unknown", Severity.STOP, "No profile has this name.", "List the profiles with: euledger profile list"),
    ("figures-undecidable", Severity.INFO, "The ledger does not record, or not wholly, what these figures speak of.",
     "See `euledger reconcile`: each says how much of its scope is recorded."),
    ("cell-edited", Severity.ERROR, "A cell of an exported workbook no longer says what the ledger said when it was written.",
     "Take the ledger's value, or hand the change in as a list to import."),
    ("report-invalid", Severity.STOP, "The declaration of a report has a key or value that is not known.",
     "Mend the key that is named; docs/reference/report-keys.md lists all, `euledger report test` reads them again."),
    ("report-unknown", Severity.STOP, "No report has that name.", "See `euledger report list`."),
    ("profile-invalid", Severity.STOP, "The profile file is not valid.", "Mend the key named in the message."),
    ("profile-none", Severity.STOP, "No profile recognises the file.",
     "Name one with -p, or write one for this kind of file."),
    ("profile-ambiguous", Severity.STOP, "Two profiles recognise the file equally well.", "Name the right one with -p."),
    ("golden-differs", Severity.ERROR, "A profile does not make of a file what its golden records say.",
     "Mend the profile; or, if the new reading is the right one, write the golden records anew."),
    ("golden-missing", Severity.WARNING, "A profile has no golden records.",
     "Write them with: euledger profile test NAME --write FILE"),
    ("header-drift", Severity.WARNING, "A header that the profile expects has changed.",
     "Check the column, then add the new wording under `headers` in the profile."),
    ("sheet-missing", Severity.STOP, "The sheet that the profile reads is not in the workbook.",
     "Check the workbook, or name the right sheet in the profile."),
    ("sheets-alike", Severity.STOP, "Several sheets carry the headers; they may be parts of one list, or copies of it.",
     "Say --set sheet=all to read them all as one list, or --set sheet=NAME to read one."),
    ("sheet-skipped", Severity.INFO, "A sheet of the workbook was not read: the profile does not ask for it.",
     "Nothing to do, unless data stands there."),
    ("header-missing", Severity.STOP, "No row carries the headers that the profile expects.",
     "Check that it is the right file and profile."),
    ("column-missing", Severity.STOP, "A required column is not there.",
     "Add the column, or its wording under `headers` in the profile."),
    ("column-unknown", Severity.STOP, "A column has a header that the profile does not know.",
     "Correct the header, or list the column under `ignore` in the profile."),
    ("column-unread", Severity.INFO, "A column was left alone: it is none of the ledger's fields.", "Nothing to do."),
    ("column-duplicate", Severity.STOP, "Two columns claim the same field.",
     "Remove one, or say in the profile which one counts."),
    ("column-ambiguous", Severity.STOP, "A column can be read as more than one field.",
     "Say which in a profile (euledger profile new FILE), or choose one with -p."),
    ("setting-unknown", Severity.STOP, "--set names a field that does not exist.", "See: euledger import --help"),
    ("setting-invalid", Severity.STOP, "--set gives a value that the field cannot take.",
     "Give a value of the kind the field takes."),
    # --- back to the sender --------------------------------------------------------------------------------------
    ("annotate-refused", Severity.WARNING, "No marked copy of the file could be written.",
     "Mend what the message names, or work from the findings themselves."),
    ("annotate-copied", Severity.INFO, "The file's format carries no marks: its cells were written to a new workbook.",
     "Nothing to do; send the new workbook back, or mend the file itself."),
    ("text-cut", Severity.INFO, "A cell of a workbook holds 32 767 characters; a longer text was cut there.",
     "Read the whole text in the source file; csv and JSON hold it too."),
    ("annotate-macros", Severity.WARNING, "The marked copy is a .xlsx, which may carry no macros: they were left out.",
     "Give the copy a name that ends in .xlsm to keep them."),
    # --- the cell ------------------------------------------------------------------------------------------------
    ("number-ambiguous", Severity.STOP, "An amount has two plausible readings.",
     "Say the style with --set number_style=…, or in the profile."),
    ("number-invalid", Severity.ERROR, "A money cell holds something that is not one clear amount.",
     "Correct the cell."),
    ("number-rounded", Severity.INFO, "An amount has more than two decimals; it was rounded half up.",
     "Nothing to do if the cent is good enough."),
    ("number-precision", Severity.ERROR, "The amount is too large to be held exactly.", "Correct the cell."),
    ("amount-negative", Severity.ERROR, "A negative amount stands where only positive ones are meant.",
     "Correct the sign, or say in the profile that the column carries corrections (`negative = true`)."),
    ("amount-missing", Severity.ERROR, "The amount cell is empty.", "Fill in the amount, or 0 if it is nil."),
    ("cell-error", Severity.ERROR, "The cell shows an Excel error such as #REF!.", "Mend the formula in the workbook."),
    ("cell-missing", Severity.ERROR, "A required cell is empty.", "Fill in the cell."),
    ("formula-uncached", Severity.ERROR, "A formula was saved without its value.",
     "Open the workbook in Excel or LibreOffice, recalculate and save."),
    ("date-invalid", Severity.ERROR, "A date cell holds no possible date.", "Correct the date."),
    ("date-ambiguous", Severity.STOP, "Dates can be read as day/month or month/day.",
     "Say the order with --set date_order=dmy|mdy, or in the profile."),
    ("country-unknown", Severity.ERROR, "The country is in no code list.",
     "Correct the spelling, or add it to imports/codelists/country-aliases.csv."),
    ("country-missing", Severity.INFO, "Rows name no country.", "Nothing to do, unless the country is known."),
    ("fund-unknown", Severity.ERROR, "The fund is in no code list.", "Use one of the codes of: AMIF BMVI ISF NDICI-GE …"),
    ("code-unknown", Severity.ERROR, "The code is in no code list.", "Correct the code."),
    ("currency-unknown", Severity.ERROR, "The currency is no ISO 4217 code.", "Correct the code."),
    ("currency-missing", Severity.STOP, "Nothing says which currency the amounts are in.",
     "Say it with --set currency=EUR, or in the profile."),
    ("currency-ambiguous", Severity.STOP, "The file points to two currencies.", "Say it with --set currency=…"),
    ("rate-invalid", Severity.ERROR, "A percentage is not between 0 and 100.", "Correct the cell."),
    ("unit-suspect", Severity.STOP, "The stated unit (thousand, million) does not fit the size of the amounts.",
     "Say the unit with --set unit=1|thousand|million."),
    # --- the row -------------------------------------------------------------------------------------------------
    ("reference-generated", Severity.INFO, "The list has no reference column; a stable key was made from its text.",
     "Name the reference column in a profile, if there is one."),
    ("reference-missing", Severity.ERROR, "The row has no reference although the list has a reference column.",
     "Fill in the reference."),
    ("reference-repeated", Severity.INFO, "One reference stands on several rows; their amounts were added.",
     "Nothing to do, unless a row is there twice by mistake."),
    ("reference-case", Severity.WARNING, "Two references differ only in case or dash.",
     "Check whether they are the same project."),
    ("duplicate-row", Severity.WARNING, "Two rows are alike in every cell.", "Check whether one is there by mistake."),
    ("parent-unknown", Severity.ERROR, "The row names a parent that is neither in the file nor in the ledger.",
     "Correct the parent's reference, or import the parent first."),
    ("parent-cycle", Severity.ERROR, "A row is its own ancestor.", "Correct the parent's reference."),
    ("split-invalid", Severity.ERROR, "The percentages of a split do not add up to 100.",
     "Correct the percentages; say where the remainder belongs."),
    ("total-below-share", Severity.WARNING, "The total cost is lower than the shares stated for it.",
     "Check the row: total cost holds the EU share and all others."),
    ("column-check", Severity.WARNING, "Arithmetic between columns that the profile states does not hold in a row.",
     "Check the cell named and those it is made from."),
    ("amounts-repeated", Severity.INFO, "Several rows repeat the amount of one thing; it was counted once.",
     "Nothing to do, if the rows name the same thing."),
    ("amounts-differ", Severity.ERROR, "Rows that should repeat one amount, or its shares, do not agree.",
     "Correct the row, or the key under [repeated] in the profile."),
    ("older-state", Severity.INFO, "A row states an earlier situation of what another row states.", "Nothing to do."),
    ("rows-not-booked", Severity.INFO, "Rows of a kind that the profile does not book; they are stated all the same.",
     "Nothing to do, unless the kind should count: then list it under `values` of the column in the profile."),
    ("cells-redacted", Severity.INFO, "Cells whose content the sender withholds.", "Nothing to do."),
    ("lookup-missing", Severity.WARNING, "Rows name a record that the other sheet of the file does not hold.",
     "Check the references of both sheets."),
    ("rate-conflict", Severity.ERROR, "Two rates of one currency and day differ.", "Correct the rate that is wrong."),
    ("public-holds-eu", Severity.INFO, "A public contribution stands beside the EU share that it holds.",
     "Nothing to do: the EU share was booked, the public contribution not a second time."),
    ("hidden-rows", Severity.WARNING, "Hidden or filtered rows hold data; they were read like the others.",
     "Unhide them and check that they are meant."),
    ("hidden-columns", Severity.WARNING, "Hidden columns hold data.", "Unhide them and check."),
    ("total-row-mismatch", Severity.WARNING, "A printed total differs from the rows above it.",
     "Find the row or the total that is wrong."),
    ("total-row-agrees", Severity.INFO, "A printed total equals its rows.", "Nothing to do."),
    ("formula-range-short", Severity.WARNING, "A SUM formula leaves out rows of its list.", "Extend the range."),
    ("amount-repeated", Severity.WARNING, "One reference stands on several rows with the same amount on each.",
     "Check whether each row has its own amount or all repeat one; where a project is split, use a profile that says so."),
    ("formula-stale", Severity.WARNING, "A SUM or addition shows a value that its cells do not add up to.",
     "Recalculate the workbook (F9) and save it; check whether automatic calculation is off."),
    ("total-typed", Severity.WARNING, "A total is typed in where its neighbours are formulas.",
     "Put the formula back, so that the total follows its rows."),
    ("number-as-text", Severity.WARNING, "Amounts are stored as text among typed numbers; sums in the workbook omit them.",
     "Turn the cells into numbers (Data, Text to Columns) and check the totals."),
    ("sheet-copy", Severity.WARNING, "A sheet repeats the rows of another one; it was left alone.",
     "Nothing to do if it is a copy; else import it by itself with a profile."),
    ("identified", Severity.INFO, "No profile knows the file; it was read as identification proposes.",
     "Check the columns with: euledger identify FILE; keep them as a profile with: euledger profile new FILE"),
    ("value-date-unknown", Severity.INFO, "Nothing dates the amounts; they are kept undated.",
     "Say the date of the list with --set as_of=YYYY-MM-DD."),
    ("rows-vanished", Severity.WARNING, "Projects of an earlier file of this source are not in this one.",
     "If the new list is complete, import it with --complete to reverse them."),
    ("beyond-rights", Severity.STOP, "The list states what its importer's login may not book: another fund or country.",
     "Take those rows out, or ask who owns the ledger for the right: euledger db grant officer LOGIN --fund … --country …"),
    ("rights-limited", Severity.INFO, "The login sees a part of the ledger; sums are of that part alone.",
     "Nothing to do; an auditor's login sees all of it."),
    # --- audit samples ---------------------------------------------------------------------------------------------
    ("sample-unknown", Severity.STOP, "No audit sample has this number.", "List them with: euledger audit samples list"),
    ("sample-differs", Severity.ERROR, "The ledger gives another population, or another draw, than the sample that is stored.",
     "Run: euledger verify. The population is pinned to a batch, so nothing booked later can change it."),
    ("sample-columns-missing", Severity.STOP, "The file has no table of audited units.",
     "Head the columns unit, stratum, book_value, audited_value, error; or fill in the checklist of the sample."),
    ("sample-row-open", Severity.ERROR, "A unit of the sample was not audited yet.",
     "Fill in its audited value, or its error (0 where there is none)."),
    ("sample-row-differs", Severity.ERROR, "Book value less audited value is not the error that stands beside them.",
     "Correct one of the three, or leave the error empty."),
    ("sample-unit-differs", Severity.ERROR, "A unit of the file is not the one that was drawn.",
     "Audit the units of the sample as they were drawn; correct the name or the book value."),
    ("sample-unit-missing", Severity.ERROR, "A unit that was drawn is not in the file.",
     "Add its row. A unit that cannot be audited counts as an error in full, unless the guidance says otherwise."),
    ("population-unassigned", Severity.INFO, "Money of the scope stands on no project, so no unit can be drawn for it.",
     "Nothing to do, if it is meant; else import the projects that it belongs to."),
    ("units-negative", Severity.INFO, "Units below zero are a population of their own.",
     "Draw from them with --negative."),
    # --- the ledger ----------------------------------------------------------------------------------------------
    ("batch-unknown", Severity.STOP, "No batch has this number.", "List the batches with: euledger imports list"),
    ("clock-behind", Severity.WARNING, "By its clock a batch was recorded before an earlier one: a clock is or was wrong.",
     "Set the clock that is wrong. Batches stand in the order of their numbers; give --known-at a number, not a date."),
    ("batch-reverted", Severity.STOP, "The batch was reverted already.", "Nothing to do."),
    ("revert-blocked", Severity.STOP, "Later batches build on this one.", "Revert the later batches first."),
    ("reference-unknown", Severity.STOP, "Nothing in the ledger has this reference.",
     "List what there is with: euledger figure list, euledger summary --by project"),
    ("reference-ambiguous", Severity.STOP, "Several things in the ledger have this reference; each is shown.",
     "Say which one is meant: SOURCE:REF for a project, the SHA-256 of a file, KEY=VALUE for what has a kind."),
    ("evidence-unread", Severity.WARNING, "A kept file could not be read again, so its cells stand without their texts.",
     "Ask an auditor, who sees every file; or run: euledger verify"),
    ("figure-unknown", Severity.STOP, "No published figure has this name.", "List them with: euledger figure list"),
    ("figure-exists", Severity.STOP, "A figure of this name says something else already.",
     "Give another name, or --again to let it take the place of the earlier one, which stays on record."),
    ("quote-ambiguous", Severity.STOP, "A quotation states several numbers, or one that can be read in two ways.",
     "Say which is meant with --value, --unit, --measure or --qualifier; or quote fewer words."),
    ("quote-differs", Severity.STOP, "A figure's number, unit or wording is not what its quotation says.",
     "Correct the quotation, or what is given beside it."),
    ("quote-without-number", Severity.STOP, "A quotation states no number.",
     "Give --value and --unit; or --qualifier unquantified to keep a statement without a number."),
    ("qualifier-unknown", Severity.ERROR, "The wording of a figure is in no rule.",
     "Use one of: none, some, more than, almost, up to, below, total … (see the figure rules)."),
    ("scale-doubled", Severity.WARNING, 'A quoted number carries its thousands twice ("10 000 thousand").',
     "Check the source; the value typed in the sheet counts."),
    ("figure-broken", Severity.ERROR, "A published figure does not hold in the ledger.",
     "Look behind it with: euledger why FIGURE"),
    ("figure-waived", Severity.INFO, "A published figure does not hold, and its difference is accepted until a day.",
     "Nothing to do; see it with: euledger figure waivers FIGURE"),
    ("figures-contradict", Severity.WARNING, "Two figures cannot both be right, whatever the ledger holds.",
     "Check the wording of both, and whether one is really part of the other; if parts overlap, say that they are not additive."),
    ("relation-unknown", Severity.INFO, "A figure names another one that is not in the ledger.",
     "Import or add the other figure, or correct the name."),
    ("run-unknown", Severity.STOP, "No kept run has this number.", "List them with: euledger runs list"),
    ("run-alone", Severity.STOP, "No earlier run asked the same question.", "Name the earlier run: euledger runs compare EARLIER LATER"),
    ("run-differs", Severity.ERROR, "A kept run does not come out again from what the ledger held then.",
     "Run: euledger verify. Else a code list or the program has changed since."),
    ("waiver-needless", Severity.ERROR, "A figure that is not broken has no difference to accept.",
     "Look at its verdict with: euledger reconcile FIGURE"),
    ("waiver-differs", Severity.ERROR, "The amount to be accepted is not the difference that the figure has.",
     "Give the difference as reconcile prints it, to the cent."),
    ("waiver-past", Severity.INFO, "The last day of the waiver has passed, so it accepts nothing.",
     "Give a later day with --until, if the difference is still accepted."),
    ("waiver-lapsed", Severity.ERROR, "A waiver no longer covers the difference of its figure.",
     "Accept the difference anew with euledger figure waive, or withdraw the waiver and settle it."),
    ("waiver-unknown", Severity.STOP, "There is no such waiver, or it was withdrawn already.",
     "List them with: euledger figure waivers"),
    ("check-unknown", Severity.STOP, "No check has this name.", "List them with: euledger check --list"),
    ("tree-sum", Severity.ERROR, "The parts of an envelope do not add up to it.", "Check the parts and the act."),
    ("over-allocated", Severity.ERROR, "An envelope has given more to its parts than it holds.", "Check the parts."),
    ("over-committed", Severity.ERROR, "More is committed than the envelope holds.",
     "Check the commitments, or record the reinforcement that covers them."),
    ("over-contracted", Severity.ERROR, "More is contracted than the envelope, the programme or the fund holds.",
     "Check the contracts, or record the allocation or reinforcement that covers them."),
    ("over-paid", Severity.ERROR, "More is paid than the envelope, the programme or the fund holds.",
     "Check the payments, or record the allocation or reinforcement that covers them."),
    ("contracted-above-committed", Severity.ERROR, "More is contracted than was committed.",
     "Check both cells; record the additional commitment, or correct the contract."),
    ("paid-above-contracted", Severity.ERROR, "More is paid than was contracted.",
     "Check both cells; record the amendment of the contract, or the recovery."),
    ("paid-above-committed", Severity.ERROR, "More is paid than was committed.",
     "Check both cells; record the additional commitment, or the recovery."),
    ("contract-without-decision", Severity.ERROR, "Money is contracted or paid that no decision committed.",
     "Import the decision, or name it as the contract's parent."),
    ("contract-before-decision", Severity.ERROR, "A contract is dated before its decision.",
     "Check both dates; which day counts is said in the ledger model."),
    ("payment-before-decision", Severity.ERROR, "A payment is dated before its decision.",
     "Check both dates; which day counts is said in the ledger model."),
    ("duplicate-content", Severity.WARNING, "Projects with different references, or of two lists, say the same.",
     "Look at both rows; revert the batch that repeats the other, or leave them if they are two projects."),
    ("parent-and-child-counted", Severity.ERROR, "A part is counted beside its parent instead of inside it.",
     "Import the list that holds both again, in one file, so that the part draws on its parent."),
    ("cofinancing-rate", Severity.ERROR, "The EU share is above what the act allows for the type of action.",
     "Check the total cost, and state the type of action (intervention_type)."),
    ("minimum-share", Severity.WARNING, "A programme has less under a specific objective than the act asks for.",
     "Check the specific objectives; a list that is not complete proves little."),
    ("outside-eligibility", Severity.WARNING, "Expenditure, or a project, is dated outside the period of its programme.",
     "Check the day and the programme."),
    ("outside-envelope-period", Severity.WARNING, "A commitment is dated outside the period of its envelope.",
     "Check the day, and which envelope is meant."),
    ("ends-before-start", Severity.ERROR, "A project ends before it starts.", "Correct the day that is wrong."),
    ("code-not-valid", Severity.WARNING, "A code is used on a day on which it was not valid.",
     "Check the day and the code; the lists with their days are in imports/codelists."),
    ("pre-financing-rate", Severity.WARNING, "Pre-financing is not the instalments of the act on the first allocation.",
     "Check both cells of the list of payments."),
    ("decommitment-risk", Severity.WARNING, "A commitment may be lost: it is not paid or declared in time.",
     "Check whether later payments and declarations are recorded, and whether an exception holds."),
    ("printed-total-differs", Severity.WARNING, "A printed total is not the sum of its cells.",
     "Find the row or the total that is wrong; an accepted difference is a waiver of the figure."),
    ("parts-above-parent", Severity.ERROR, "The parts of a project add up to more than it states itself.",
     "Check the amounts of the contracts and of their decision."),
    ("orphan", Severity.ERROR, "A record names another one that is not there.", "Import the missing record."),
    ("split-sum", Severity.ERROR, "The shares of a split do not add up to 100 %.", "Correct the split."),
    ("balance-differs", Severity.ERROR, "A kept balance differs from the journal.",
     "Rebuild the balances with: euledger db upgrade; report the fault."),
    ("trigger-missing", Severity.ERROR, "Booked rows of a table could be changed or deleted.",
     "Restore the database from a copy, or compare it with: euledger db check"),
    ("rights-differ", Severity.ERROR, "The server allows, or keeps, something else than the ledger's roles mean.",
     "Give the roles their effect again with: euledger db grants --renew; take the rest back by hand."),
    ("illustrative-mixed", Severity.ERROR, "Illustrative and recorded money touch each other.",
     "Revert the batch that is named, and report the fault."),
    # --- seals ---------------------------------------------------------------------------------------------------
    ("seal-broken", Severity.ERROR, "A seal fits neither its own hash nor its place in the chain.",
     "Restore the ledger from a copy that verifies; keep this one as evidence."),
    ("row-changed", Severity.ERROR, "A row is not what was sealed.",
     "Restore the ledger from a copy that verifies; keep this one as evidence."),
    ("row-missing", Severity.ERROR, "A row that was sealed is not there.",
     "Restore the ledger from a copy that verifies; keep this one as evidence."),
    ("row-added", Severity.ERROR, "A row stands among sealed ones and was not there then.",
     "Restore the ledger from a copy that verifies; keep this one as evidence."),
    ("row-unsealed", Severity.ERROR, "Rows were written past the program, which seals what it books.",
     "Find out who wrote them; restore the ledger from a copy that verifies."),
    ("row-unreadable", Severity.ERROR, "The database cannot read rows that it holds.",
     "Restore the ledger from a copy that verifies; keep this one as evidence."),
    ("batch-differs", Severity.ERROR, "The rows of a batch are not those that were sealed, and none can be named.",
     "Restore the ledger from a copy that verifies; keep this one as evidence."),
    ("hint-differs", Severity.ERROR, "What helps to name a changed row was itself changed; the rows are as sealed.",
     "Restore the ledger from a copy that verifies; keep this one as evidence."),
    ("evidence-differs", Severity.ERROR, "A kept file is not the file whose name it bears.",
     "Restore the ledger from a copy that verifies, or compare with the sender's file."),
    ("standby-behind", Severity.WARNING, "The standby that was read does not hold the newest batches of the ledger yet.",
     "Repeat it in a moment, or read the ledger itself: leave --read-db out."),
    ("standby-unchecked", Severity.WARNING, "The ledger could not be asked whether its standby holds all of it.",
     "Look whether the ledger's server runs; what the standby holds is complete up to the batch named."),
    ("code-list-differs", Severity.ERROR, "A code list is not the one that the program ships.",
     "Load the shipped lists with: euledger init --bare"),
    ("file-damaged", Severity.ERROR, "The file of the ledger is damaged: pages, or indexes that miss rows.",
     "Restore the ledger from a copy that verifies; keep this one as evidence."),
    ("row-reread", Severity.WARNING, "A row of a kept file now reads otherwise than it was recorded.",
     "Look at the row with: euledger imports rows; a newer program may read a cell in another way."),
    ("seal-empty", Severity.STOP, "Nothing is booked yet, so there is nothing to seal.", "Import a file first."),
    ("checkpoint-unreadable", Severity.STOP, "The file is no checkpoint.",
     "Give the file that euledger seal -o wrote, unchanged."),
    ("checkpoint-unsigned", Severity.INFO, "Nobody signed the checkpoint: whoever can write the file can change it.",
     "Sign it with --key FILE; make a key with --new-key FILE. Else keep it where nobody can change it."),
    ("checkpoint-unproven", Severity.INFO, "Nobody's signature was asked for: the checkpoint is taken as it is.",
     "Give the public key of who signed it: --key KEY"),
    ("checkpoint-signature", Severity.ERROR, "The checkpoint bears no signature of the key that holds.",
     "Ask the signer for the checkpoint and the public key on another way."),
    ("checkpoint-truncated", Severity.ERROR, "The ledger lacks batches that it had: cut off, or an older copy.",
     "Restore the newer ledger; keep this one as evidence."),
    ("checkpoint-forked", Severity.ERROR, "What was sealed before the checkpoint was written anew since.",
     "Restore the ledger from a copy of that time; keep this one as evidence."),
    ("checkpoint-other", Severity.ERROR, "The checkpoint is of another ledger, or this one was made anew.",
     "Check which ledger is meant; restore it from a copy of that time."),
    ("timestamp-absent", Severity.INFO, "No authority says when the checkpoint was made; its moment is this machine's word.",
     "Nothing to do; or send the file that --timestamp-query writes to a time-stamp authority."),
    ("timestamp-unproven", Severity.INFO, "Whose word the time stamp is was not checked.",
     "Give the certificates of the authorities you trust: --tsa-certificates FILE"),
    ("timestamp-refused", Severity.ERROR, "The time stamp proves nothing of this checkpoint.",
     "Ask the authority again, with a query of this checkpoint."),
    ("proof-unreadable", Severity.STOP, "The file is no proof.",
     "Give the file that euledger seal proof -o wrote, unchanged."),
    ("proof-broken", Severity.ERROR, "The proof does not lead from the row to the checkpoint.",
     "Do not rely on the number; ask for another proof."),
    ("proof-elsewhere", Severity.ERROR, "The proof leads to another checkpoint than the one that was kept.",
     "Ask for a proof to your own: euledger seal proof REF --checkpoint FILE"),
    ("row-unknown", Severity.STOP, "No sealed row has this name.", "Name it as table:number, such as transfer:77."),
    ("unconverted", Severity.INFO, "Amounts in another currency are kept apart and not added to EUR.",
     "Import the rates of the month if they should be converted."),
    ("prices-apart", Severity.INFO, "Amounts at constant prices are kept apart and not added to current prices.",
     "Nothing to do: amounts at two price bases have no sum."),
    ("compare-across", Severity.WARNING, "The two sides state different stages or bases of money, one each.",
     "Check that they mean the same; else state the stage with --left-set or --right-set stage=…"),
    ("compare-apart", Severity.WARNING, "One side states a stage, basis, currency or price basis that the other does not.",
     "Limit the comparison with --stage and --basis, or compare with a list that states it too."),
    ("compare-nothing-common", Severity.STOP, "Nothing on the two sides may be held against each other.",
     "State stage and currency with --left-set or --right-set, or name another list."),
    ("compare-no-list", Severity.STOP, "The list holds no projects, programmes or envelopes.",
     "Name a list of projects, programmes or envelopes."),
    ("compare-left-out", Severity.INFO, "A sheet holds something else than projects, programmes and envelopes.",
     "Nothing to do: euledger reconcile looks at figures."),
    ("compare-rejected", Severity.WARNING, "Rows that an import would reject have no place in a comparison.",
     "Correct them in the list; euledger import -n shows each with its cell."),
    ("compare-key-unclear", Severity.STOP, "Several sources have the same reference.",
     "Say which source is meant: --left-where source=NAME or --right-where source=NAME"),
    ("compare-pair-unknown", Severity.WARNING, "A pair of the file of pairs is not there, or not only once.",
     "Correct the file given with --pairs."),
    ("compare-key-folded", Severity.INFO, "References that differ in case, blanks or dash alone are taken as the same.",
     "Look at the changed project_ref in the result."),
    ("compare-levels", Severity.INFO, "References that go on from others often are contracts below their decisions.",
     "Leave one level out with --left-where or --right-where, or name the parent's column in a profile."),
    ("compare-source", Severity.INFO, "A ledger holds many lists, and a list is compared with its own.",
     "Nothing to do; --left-where source=NAME or --right-where source=NAME names others."),
    ("compare-fields", Severity.INFO, "A field that one side has no column for is not compared.", "Nothing to do."),
    ("compare-days", Severity.INFO, "The two lists are of different days or years.", "Nothing to do, if that was meant."),
    ("illustrative-data", Severity.INFO, "The result contains invented example data, because that was asked for.",
     "Leave out --with-illustrative to see recorded data alone."),
)
# fmt: on

#: Every code, in order of precedence: where several apply to one cell, the first in this order is told.
CODES: dict[str, Code] = {code: Code(code, severity, cause, cure) for code, severity, cause, cure in _REGISTRY}
