"""The second reading of an xlsx: the scan of its bytes; where that differs a count of its cells; at last calamine's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ledger.intake.caged import cage
from ledger.intake.caged.weight import Weight
from ledger.intake.readers.book import ReadFailed
from ledger.intake.readers.package import Package
from ledger.intake.readers.sheet_recount import NotCounted, recount
from ledger.intake.readers.sheet_scan import SheetScan
from ledger.intake.readers.weighing import Confirm, differ, unconfirmed


class SecondReading:
    """Confirms the sheets of one workbook, each by the cheapest reading that agrees.

    The scan knows the common spellings alone, the count no comments; a sheet that is written otherwise is no fault of its
    sender's. calamine has the last word.
    """

    def __init__(self, path: Path, file: str, *, date1904: bool) -> None:
        self._path, self._file, self._date1904 = path, file, date1904
        #: the parts of the sheets so far, in their order
        self.parts: list[str] = []
        self._weights: list[tuple[str, Weight]] | None = None

    def of(self, name: str | None, part: str, package: Package, strings: Callable[[], list[str]]) -> Confirm:
        """What confirms the next sheet of the workbook, which stands in that part."""
        place = len(self.parts)
        self.parts.append(part)

        def confirm(read: Weight) -> None:
            scan = package.scans.get(part)
            if scan is None or not (scan.sure and read.agrees(Weight(scan.filled, numbers=scan.numbers))):
                counted = self._counted(package, part, scan, strings)
                if counted is None or not read.agrees(counted):
                    self._by_calamine(place, name, read)

        return confirm

    def _counted(
        self, package: Package, part: str, scan: SheetScan | None, strings: Callable[[], list[str]]
    ) -> Weight | None:
        if scan is None:
            return None
        empty = {at for at, text in enumerate(strings()) if not text}
        try:
            with package.zip.open(part) as stream:
                return recount(stream, scan.prefix, empty, date1904=self._date1904)
        except (NotCounted, ValueError):
            return None

    def _by_calamine(self, place: int, name: str | None, read: Weight) -> None:
        other = self._calamine(place, name)
        if not read.agrees(other, errors=False):
            raise differ(self._file, name, ("the reading", read), ("calamine", other))

    def _calamine(self, place: int, name: str | None) -> Weight:
        if self._weights is None:
            try:
                answer, spool = cage.run("weigh", self._path, self._file, date1904=self._date1904)
            except ReadFailed as failure:
                raise unconfirmed(self._file, name, failure.finding.message) from failure
            spool.close()
            self._weights = [(told, Weight.from_json(weight)) for told, weight in answer["weights"]]
        found, weight = self._weights[place] if place < len(self._weights) else ("", Weight())
        if found != (name or ""):
            raise unconfirmed(self._file, name, f"calamine finds the sheet {found!r} in its place")
        return weight
