"""Shared formulas: the text of one cell, moved to the others that share it."""

from __future__ import annotations

import re

from ledger.intake.cells import column_index, column_letter

# Texts, quoted sheet names and table columns come first, so that no reference is found inside them.
_TOKEN = re.compile(
    r"""(?P<literal>"(?:[^"]|"")*"|'(?:[^']|'')*'|\[[^\]]*\])
    |(?<![\w.$])(?P<cs>\$?)(?P<column>[A-Z]{1,3})(?P<rs>\$?)(?P<row>[0-9]{1,7})(?![\w(.!])
    |(?<![\w.$])(?P<as>\$?)(?P<first>[A-Z]{1,3}):(?P<zs>\$?)(?P<last>[A-Z]{1,3})(?![\w(.!$])
    |(?<![\w.$:])(?P<us>\$?)(?P<upper>[0-9]{1,7}):(?P<ls>\$?)(?P<lower>[0-9]{1,7})(?![\w(.!])""",
    re.VERBOSE,
)


def moved(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads `rows` further down and `columns` further right; `$` parts stay put."""

    def column(sign: str, letters: str) -> str:
        return letters if sign else column_letter(max(column_index(letters) + columns, 1))

    def row(sign: str, digits: str) -> str:
        return digits if sign else str(max(int(digits) + rows, 1))

    def token(match: re.Match[str]) -> str:
        literal, cs, letters, rs, digits, fs, first, zs, last, us, upper, ls, lower = match.groups()
        if literal is not None:
            return match[0]
        if letters is not None:
            return cs + column(cs, letters) + rs + row(rs, digits)
        if first is not None:
            return f"{fs}{column(fs, first)}:{zs}{column(zs, last)}"
        return f"{us}{row(us, upper)}:{ls}{row(ls, lower)}"

    return _TOKEN.sub(token, formula)
