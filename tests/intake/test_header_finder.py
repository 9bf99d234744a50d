"""Header rows of hand-made sheets: titles above, several header rows, tables that start elsewhere than in A1."""

from collections.abc import Sequence

import pytest

from ledger.intake.cells import Row, Value
from ledger.intake.header_finder import HeaderGuess, find_header
from ledger.intake.lexicon import Lexicon


def sheet(text: str) -> list[Row]:
    """Rows of a sheet drawn with `|` between the cells; whole numbers become numbers."""
    rows = []
    for number, line in enumerate(text.strip("\n").split("\n"), 1):
        cells: list[Value] = [cell.strip() or None for cell in line.split("|")]
        rows.append(Row(number, [int(c) if isinstance(c, str) and c.isdigit() else c for c in cells]))
    return rows


def guess(text: str, merged: Sequence[tuple[int, int, int, int]] = ()) -> HeaderGuess:
    found = find_header(sheet(text), Lexicon.load(), merged)
    assert found is not None
    return found


def meanings(found: HeaderGuess) -> list[str | None]:
    return [c.matches[0].field if c.matches else None for c in found.columns]


def test_title_and_notes_stand_above() -> None:
    found = guess("""
Seznam operací 2021-2027
Stav k: 30.06.2024

Název příjemce|Název projektu|Celkové způsobilé výdaje (Kč)|Příspěvek EU (Kč)
Obec Horní|Azylové centrum|1000000|750000
""")
    assert found.header_rows == (4,)
    assert found.first_data_row == 5
    assert meanings(found) == ["beneficiary", "title", "total_cost", "eu_contribution"]


def test_table_that_starts_in_column_c_and_numbers_its_columns() -> None:
    found = guess("""
||Ime upravičenca|Naziv operacije|Skupni upravičeni izdatki
||1|2|3
||Občina A|Center|5000
""")
    assert found.header_rows == (1,)
    assert found.first_data_row == 3
    assert [c.index for c in found.columns if c.header_text] == [3, 4, 5]


def test_group_headings_reach_over_their_merged_cells() -> None:
    found = guess(
        """
Beneficiary|Amount contracted||Amount paid|
|Total|EU funding|Total|EU funding
Ministry|100|75|50|40
""",
        [(1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5)],
    )
    assert found.header_rows == (1, 2)
    assert [c.group for c in found.columns] == [
        "",
        "Amount contracted",
        "Amount contracted",
        "Amount paid",
        "Amount paid",
    ]
    assert meanings(found)[1] == "contracted"
    assert meanings(found)[3] == "paid"


def test_header_twice_in_two_languages() -> None:
    found = guess("""
Bénéficiaire|Intitulé du projet|Coût total éligible|Contribution UE
Begunstigde|Naam van het project|Totale subsidiabele kosten|EU-bijdrage
Commune|Centre|900|450
""")
    assert found.header_rows == (1, 2)
    assert meanings(found) == ["beneficiary", "title", "total_cost", "eu_contribution"]


def test_the_language_of_the_header_decides_between_two_meanings() -> None:
    found = guess("""
Nazwa beneficjenta|Tytuł projektu|Wydatki kwalifikowalne|Kraj
Fundacja|Integracja|900|Polska
""")
    assert meanings(found)[3] == "country"


def test_unknown_words_over_numbers() -> None:
    found = guess("""
Wibble|Wobble|Wubble
aa|1|2
bb|3|4
""")
    assert found.header_rows == (1,)
    assert found.confidence < 0.5


@pytest.mark.parametrize("text", ["1|2\n3|4", "only a sentence that stands alone"])
def test_no_header(text: str) -> None:
    assert find_header(sheet(text), Lexicon.load()) is None


def test_a_label_of_the_sheet_is_no_group_heading() -> None:
    found = guess("""
Prioritaire as:|Ondernemerschap
Nr|Promotor|Project|Totale projectkost
1|Gemeente|Winkels|500
""")
    assert found.header_rows == (2,)
