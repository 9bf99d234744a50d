"""XlsxWriter, row by row (`constant_memory`), with the cells that an export of the ledger has. EXPORT OUT."""

from __future__ import annotations

import sys

import xlsxwriter
from python_calamine import CalamineWorkbook

source, target = sys.argv[1:]
book = CalamineWorkbook.from_path(source)
made = xlsxwriter.Workbook(target, {"constant_memory": True})
for name in book.sheet_names:
    sheet = made.add_worksheet(name)
    for number, row in enumerate(book.get_sheet_by_name(name).iter_rows()):
        sheet.write_row(number, 0, row)
made.close()
