"""How the records of a delimited text are cut."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The line of dashes below the head of a table that is drawn with bars.
RULE = re.compile(r"[\s|:-]*-{3}[\s|:+-]*$")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Encoding, delimiter and what else decides where a cell ends."""

    encoding: str
    delimiter: str
    quoted: bool = True
    #: the first line is `sep=;`, for Excel, and no record
    directive: bool = False
    #: cells padded with blanks around `|`, perhaps with one before the first cell and after the last
    piped: bool = False
    leading: bool = False
