"""Reporting: a question becomes figures, figures become tables, and a table becomes a file.

`figures` asks the store; `tables` lays out what was found, cell by cell and without any format in mind; one module a
format writes it: `delimited` (csv), `markdown`, `workbook` (xlsx). `declaration` reads what a report is, `model` is a
report computed, and `report_book`, `report_texts` write it. A further format is one more writer; a further report is a
file in `exports/reports`.

Knows the store's queries and the file formats. Knows no command line, decides no exit code and books nothing.
"""
