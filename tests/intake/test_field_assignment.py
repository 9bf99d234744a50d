"""Fields of the columns of hand-made tables, by header, values and arithmetic."""

from collections.abc import Sequence
from typing import cast

from ledger.intake.cells import Row, Value
from ledger.intake.column_shapes import measure_columns
from ledger.intake.field_assignment import ColumnAssignment, assign_fields
from ledger.intake.header_finder import find_header
from ledger.intake.lexicon import Lexicon


def assigned(header: list[str], *data: Sequence[object], hidden: tuple[int, ...] = ()) -> dict[str, ColumnAssignment]:
    rows = [Row(1, list(header)), *(Row(n, cast("list[Value]", list(values))) for n, values in enumerate(data, 2))]
    found = find_header(rows, Lexicon.load())
    assert found is not None
    shapes = measure_columns(rows[1:], [c.index for c in found.columns], lambda t: t in ("FR", "MT", "France", "Malta"))
    return {a.letter: a for a in assign_fields(found.columns, shapes, hidden=hidden)}


def fields(made: dict[str, ColumnAssignment]) -> str:
    return " ".join(a.field or "-" for a in made.values())


def test_headers_and_values_agree() -> None:
    made = assigned(
        ["Bénéficiaire", "Pays", "Date de début", "Coût total éligible", "Montant UE", "Taux de cofinancement"],
        *[["Commune", "FR", "01/02/2022", "1 000,00", "750,00", "75 %"]] * 6,
    )
    assert fields(made) == "beneficiary country start_date total_cost eu_contribution eu_rate"
    assert any("at most D" in line for line in made["E"].evidence)


def test_a_header_that_says_rate_over_amounts_is_read_by_its_values() -> None:
    made = assigned(
        ["Intitulé du projet", "Total dépenses éligibles", "Montant UE programmé - Union co-financing rate"],
        *[["Pont", 1000, 400], ["Gare", 2000, 900]],
    )
    assert fields(made) == "title total_cost eu_contribution"


def test_two_amounts_of_one_name_go_to_neither() -> None:
    made = assigned(["Projekt", "Zuschuss 2019", "Zuschuss 2020"], ["Brücke", 10, 20], ["Bahnhof", 30, 40])
    assert fields(made) == "title - -"
    assert made["B"].ambiguous
    assert made["C"].ambiguous


def test_euro_goes_before_the_national_currency() -> None:
    made = assigned(["Projekt", "EU-bidrag (SEK)", "EU-bidrag (EUR)"], ["Bro", 110, 10], ["Station", 330, 30])
    assert fields(made) == "title - eu_contribution"


def test_arithmetic_finds_the_total() -> None:
    header = ["Project", "EU contribution", "National contribution", "Total cost", "Total  cost"]
    made = assigned(header, ["A", 75, 25, 140, 100], ["B", 50, 50, 130, 100], ["C", 30, 10, 60, 40], ["D", 3, 1, 9, 4])
    assert fields(made) == "title eu_contribution national_public - total_cost"


def test_a_share_above_its_total_is_doubted() -> None:
    made = assigned(["Project", "EU contribution", "Total cost"], *[["A", 500, 100 + n] for n in range(6)])
    assert fields(made) == "title - -"
    assert made["B"].ambiguous


def test_the_payment_as_a_whole_goes_before_its_european_part() -> None:
    made = assigned(["Projekto pavadinimas", "Išmokėta lėšų, Eur", "Išmokėta lėšų ES dalis, Eur"], ["Tiltas", 100, 85])
    assert fields(made) == "title paid -"


def test_towns_under_country_and_texts_under_amount_are_left_alone() -> None:
    towns: list[list[Value]] = [["P", town, "see annex"] for town in ("Ulm", "Bonn", "Kiel", "Trier", "Jena")]
    assert fields(assigned(["Project", "Country", "EU contribution"], *towns)) == "title - -"


def test_a_hidden_column_gives_way() -> None:
    made = assigned(["Projet", "FEDER", "Financement FEDER"], ["Pont", 10, 11], ["Gare", 30, 31], hidden=(2,))
    assert fields(made) == "title - eu_contribution"


def test_codes_and_years() -> None:
    made = assigned(["Numer umowy", "Rok", "Fundusz"], ["AMIF-01/24", 2024, "FAMI"], ["AMIF-02/24", 2023, "FAMI"])
    assert fields(made) == "project_ref year fund"


def test_a_vague_total_beside_private_money_is_left_out() -> None:
    header = ["Beneficiario", "Finanziamento UE", "Finanziamento privato", "Totale finanziamento"]
    assert fields(assigned(header, ["A", 50, 10, 100], ["B", 60, 20, 120])) == "beneficiary eu_contribution private -"
