"""Lists in the 24 official languages, worded as authorities word them: each column gets its field, or is left alone."""

from collections.abc import Iterator

import pytest

from ledger import shipped
from ledger.intake.cells import Row, SheetFacts, Value
from ledger.intake.code_lists import CodeLists
from ledger.intake.column_shapes import measure_columns
from ledger.intake.field_assignment import assign_fields
from ledger.intake.header_finder import find_header
from ledger.intake.identify import IdentifiedTable, identify_table
from ledger.intake.lexicon import UNNAMED, Lexicon
from ledger.intake.proposal import BOOKED_FROM
from ledger.intake.settings import Settings

# language: header cells | their fields, "-" for a column that is none of ours. All wordings are made up for this test.
LISTS = {
    "bg": (
        (
            "Договор №|Организация бенефициент|Проект|Общ бюджет на проекта (лв.)|Съфинансиране от ЕС (лв.)|"
            "Национално финансиране (лв.)|Начало на проекта|Край на проекта"
        ),
        "project_ref beneficiary title total_cost eu_contribution national_public start_date end_date",
    ),
    "cs": (
        (
            "Číslo projektu|Název operace|Jméno příjemce|Celkové náklady projektu (Kč)|"
            "Výše podpory z EU (Kč)|Spolufinancování ze státního rozpočtu (Kč)|Dosud vyplaceno (Kč)"
        ),
        "project_ref title beneficiary total_cost eu_contribution national_public paid",
    ),
    "da": (
        (
            "Projekt-ID|Projektets titel|Navn på støttemodtager|Projektets samlede omkostninger (EUR)|"
            "Støtte fra EU (EUR)|National offentlig finansiering (EUR)|Privat finansiering (EUR)|"
            "Projektstart|Projektafslutning"
        ),
        "project_ref title beneficiary total_cost eu_contribution national_public private start_date end_date",
    ),
    "de": (
        (
            "Begünstigte Organisation|Kurztitel des Projekts|Zuwendungssumme (in €)|EU-Anteil (in €)|"
            "bisher ausgezahlt (in €)|Bewilligungszeitraum von|Bewilligungszeitraum bis"
        ),
        "beneficiary title public_contribution eu_contribution paid start_date end_date",
    ),
    "el": (
        "Τίτλος Δράσης|Φορέας Υλοποίησης|Συνολικός Π/Υ (€)|Κοινοτική Συμμετοχή (€)|Εθνική Συμμετοχή (€)|Έναρξη|Λήξη",
        "title beneficiary total_cost eu_contribution national_public start_date end_date",
    ),
    "en": (
        (
            "Project code|Name of project|Final beneficiary|Total budget (€)|ISF contribution (€)|"
            "State contribution (€)|Paid to date (€)"
        ),
        "project_ref title beneficiary total_cost eu_contribution national_public paid",
    ),
    "es": (
        (
            "Nº expediente|Razón social|Título del proyecto|Presupuesto total (€)|Subvención concedida (€)|"
            "Ayuda FSE (€)|Pagos realizados (€)"
        ),
        "project_ref beneficiary title total_cost contracted eu_contribution paid",
    ),
    "et": (
        (
            "Projekti pealkiri|Projektijuht|Projekti eelarve kokku (€)|AMIFi toetus (€)|"
            "Siseministeeriumi kaasfinantseering (€)|Algus|Lõpp"
        ),
        "title beneficiary total_cost eu_contribution national_public start_date end_date",
    ),
    "fi": (
        (
            "Projektikoodi|Projektin nimi|Toteuttaja|Hyväksytyt kustannukset yhteensä (€)|EU-osuus (€)|"
            "Kansallinen julkinen osuus (€)|Yksityinen rahoitus (€)|Maksettu EU-tuki (€)"
        ),
        "project_ref title beneficiary total_cost eu_contribution national_public private paid",
    ),
    "fr": (
        (
            "N° de convention|Maître d'ouvrage|Nom du projet|Dépenses totales éligibles (€)|"
            "Aide FSE+ attribuée (€)|Montants versés (€)|Code postal de l'opération|Date de démarrage|"
            "Date d'achèvement"
        ),
        "project_ref beneficiary title total_cost eu_contribution paid postcode start_date end_date",
    ),
    "ga": (
        (
            "Uimhir an tionscadail|Tairbhí|Ainm an tionscadail|Maoiniú AE (€)|Maoiniú Náisiúnta (€)|"
            "Buiséad iomlán (€)|Íoctha go dtí seo (€)"
        ),
        "project_ref beneficiary title eu_contribution national_public total_cost paid",
    ),
    "hr": (
        (
            "Korisnik bespovratnih sredstava|Naslov projekta|Ukupna vrijednost (€)|"
            "Iznos bespovratnih sredstava (€)|Vlastito učešće (€)|Početak|Kraj"
        ),
        "beneficiary title total_cost contracted other_contribution start_date end_date",
    ),
    "hu": (
        (
            "Pályázati azonosító|Nyertes pályázó|Pályázat címe|Teljes költség (Ft)|Elnyert támogatás (Ft)|"
            "Saját forrás (Ft)|Folyósított összeg (Ft)"
        ),
        "project_ref beneficiary title total_cost contracted other_contribution paid",
    ),
    "it": (
        (
            "Ente beneficiario|Denominazione progetto|Importo finanziato (€)|Contributo UE (€)|"
            "Contributo statale (€)|Avvio|Conclusione"
        ),
        "beneficiary title contracted eu_contribution national_public start_date end_date",
    ),
    "lt": (
        "Pareiškėjas|Projekto pavadinimas|Skirta suma, Eur|Europos Sąjungos parama, Eur|Išmokėta, Eur|Pradžia|Pabaiga",
        "beneficiary title contracted eu_contribution paid start_date end_date",
    ),
    "lv": (
        (
            "Līguma Nr.|Projekta iesniedzējs|Projekta nosaukums|Kopējais budžets (EUR)|ES fonda daļa (EUR)|"
            "Valsts finansējums (EUR)|Izmaksātais finansējums (EUR)"
        ),
        "project_ref beneficiary title total_cost eu_contribution national_public paid",
    ),
    "mt": (
        (
            "Referenza tal-proġett|Benefiċjarju|Isem tal-proġett|Spiża totali (€)|Finanzjament tal-UE (€)|"
            "Finanzjament nazzjonali (€)"
        ),
        "project_ref beneficiary title total_cost eu_contribution national_public",
    ),
    "nl": (
        (
            "Dossiernummer|Aanvrager|Projecttitel|Toegekend bedrag (€)|Europese subsidie (€)|Betaald (€)|"
            "Ingangsdatum|Verwachte einddatum"
        ),
        "project_ref beneficiary title contracted eu_contribution paid start_date end_date",
    ),
    "pl": (
        (
            "Nr projektu|Nazwa podmiotu|Tytuł|Całkowity koszt projektu (zł)|"
            "Kwota dofinansowania ze środków UE (zł)|Współfinansowanie krajowe z budżetu państwa (zł)|"
            "Wypłacono (zł)"
        ),
        "project_ref beneficiary title total_cost eu_contribution national_public paid",
    ),
    "pt": (
        (
            "Código do projeto|Promotor|Nome do projeto|Investimento total (€)|Investimento elegível (€)|"
            "Incentivo aprovado (€)|Incentivo pago (€)"
        ),
        "project_ref beneficiary title total_cost - contracted paid",
    ),
    "ro": (
        (
            "Solicitant|Titlul proiectului|Valoare totală (lei)|Valoare eligibilă (lei)|Valoare FEDR (lei)|"
            "Valoare buget de stat (lei)|Cofinanțare beneficiar (lei)"
        ),
        "beneficiary title total_cost - eu_contribution national_public other_contribution",
    ),
    "sk": (
        (
            "Názov žiadateľa|Názov projektu|Celkový rozpočet (€)|Príspevok z fondov EÚ (€)|"
            "Príspevok zo štátneho rozpočtu (€)|Vyplatená suma (€)"
        ),
        "beneficiary title total_cost eu_contribution national_public paid",
    ),
    "sl": (
        (
            "Izvajalec|Naslov projekta|Celotni stroški (€)|Sredstva EU (€)|Sredstva državnega proračuna (€)|"
            "Izplačana sredstva (€)"
        ),
        "beneficiary title total_cost eu_contribution national_public paid",
    ),
    "sv": (
        (
            "Dnr|Sökande|Projekttitel|Total budget (SEK)|EU-medel (SEK)|Svensk offentlig finansiering (SEK)|"
            "Egen finansiering (SEK)|Utbetalat (SEK)"
        ),
        "project_ref beneficiary title total_cost eu_contribution national_public other_contribution paid",
    ),
}

VALUES: dict[str, Value] = {
    "project_ref": "PRJ-14-00{n}",
    "beneficiary": "Ronda {n} Stiftelse",
    "title": "Vesta nova {n}",
    "start_date": "2016-03-0{n}",
    "end_date": "2018-11-0{n}",
    "postcode": "4027{n}",
    "status": "Vesta",
}
AMOUNTS = {
    "total_cost": 10_000,
    "contracted": 8_000,
    "public_contribution": 8_000,
    "eu_contribution": 5_000,
    "paid": 4_000,
    "national_public": 3_000,
    "private": 2_000,
    "other_contribution": 2_000,
    "-": 9_000,
}

# Amounts that are none of ours: asked for, not eligible, still open, given back. A wrong one would be a silent error.
LEFT_ALONE = {
    "bg": "Недопустими разходи|Искана БФП",
    "cs": "Nezpůsobilé výdaje|Požadovaná dotace|Zbývá proplatit",
    "da": "Ikke-støtteberettigede udgifter|Ansøgt beløb",
    "de": "Nicht förderfähige Kosten|Beantragte EU-Mittel|Restmittel|Noch auszuzahlen",
    "el": "Μη επιλέξιμη δαπάνη|Αιτούμενο ποσό",
    "en": "Ineligible costs|Requested EU contribution|Remaining EU contribution|De-committed amount|VAT|Cost per participant",
    "es": "Gasto no subvencionable|Ayuda solicitada|Pendiente de pago",
    "et": "Mitteabikõlblikud kulud|Taotletud toetus",
    "fi": "Tukikelvottomat kustannukset|Haettu tuki",
    "fr": "Dépenses non éligibles|Aide UE demandée|Reste à payer",
    "ga": "Caiteachas neamh-incháilithe",
    "hr": "Neprihvatljivi troškovi|Traženi iznos",
    "hu": "Nem elszámolható költség|Igényelt támogatás",
    "it": "Spese non ammissibili|Contributo richiesto|Residuo da pagare",
    "lt": "Netinkamos finansuoti išlaidos|Prašoma suma",
    "lv": "Neattiecināmās izmaksas|Pieprasītais finansējums",
    "mt": "Nefqa mhux eliġibbli",
    "nl": "Niet-subsidiabele kosten|Gevraagde subsidie",
    "pl": "Wydatki niekwalifikowalne|Wnioskowane dofinansowanie",
    "pt": "Despesa não elegível|Montante solicitado",
    "ro": "Cheltuieli neeligibile|Valoare solicitată",
    "sk": "Neoprávnené výdavky|Žiadaná suma NFP",
    "sl": "Neupravičeni stroški|Zaprošena sredstva",
    "sv": "Ej stödberättigande kostnader|Sökt EU-stöd",
}


def fields_of(header: list[str], kinds: list[str]) -> list[str]:
    """The field of each column of a list of eight rows, whose values suit `kinds`."""
    rows = [Row(1, list(header))]
    for n in range(1, 9):
        cells: list[Value] = [
            AMOUNTS[kind] * n + n if kind in AMOUNTS else str(VALUES[kind]).format(n=n) for kind in kinds
        ]
        rows.append(Row(n + 1, cells))
    found = find_header(rows, Lexicon.load())
    assert found is not None
    shapes = measure_columns(rows[1:], [c.index for c in found.columns], lambda _text: False)
    return [a.field or "-" for a in assign_fields(found.columns, shapes)]


@pytest.mark.parametrize("language", LISTS)
def test_a_list_of_projects(language: str) -> None:
    header, expected = LISTS[language]
    assert fields_of(header.split("|"), expected.split()) == expected.split()


@pytest.mark.parametrize(
    ("language", "header"), [(language, header) for language, line in LEFT_ALONE.items() for header in line.split("|")]
)
def test_an_amount_that_is_none_of_ours_is_left_alone(language: str, header: str) -> None:
    line, kinds = LISTS[language]
    kept = [(h, k) for h, k in zip(line.split("|"), kinds.split(), strict=True) if k not in AMOUNTS]
    cells, expected = [h for h, _ in kept], [k for _, k in kept]
    assert fields_of([*cells, header], [*expected, "-"]) == [*expected, "-"]


def test_all_official_languages_are_here() -> None:
    assert len(LISTS) == len(LEFT_ALONE) == 24


# --- headings over the shares of a financing ----------------------------------------------------------------------

GROUPS = [
    ("Finanzierung (€)", "Ges.kosten|EU|Bund|privat", "total_cost eu_contribution national_public private"),
    ("Plan de financement (€)", "Coût total|UE|État|Autofin.", "total_cost eu_contribution national_public own"),
    ("Zdroje financování (Kč)", "Celkem|EU|SR|Vlastní", "total_cost eu_contribution national_public own"),
    ("Fontes de financiamento (€)", "Total|UE|OE|Autofinanciamento", "total_cost eu_contribution national_public own"),
]


@pytest.mark.parametrize(("group", "header", "expected"), GROUPS)
def test_a_heading_over_the_sources_of_the_money(group: str, header: str, expected: str) -> None:
    """The row of short words below the wide merged cell belongs to the header, and its words say whose money it is."""
    below: list[Value] = [None, *header.split("|")]
    rows = [Row(1, ["Projekt", group, None, None, None]), Row(2, below)]
    rows += [Row(n + 2, [f"Vesta nova {n}", 10_000 * n, 5_000 * n, 3_000 * n, 2_000 * n]) for n in range(1, 9)]
    found = find_header(rows, Lexicon.load(), [(1, 1, 2, 1), (1, 2, 1, 5)])
    assert found is not None
    assert found.header_rows == (1, 2)
    shapes = measure_columns(rows[2:], [c.index for c in found.columns], lambda _text: False)
    fields = [a.field for a in assign_fields(found.columns, shapes)][1:]
    assert fields == [{"own": "other_contribution"}.get(name, name) for name in expected.split()]


def test_an_unknown_word_below_a_heading_of_money_is_only_asked_about() -> None:
    scores = [m.score for m in Lexicon.load().match("Xyzzy", group="Finanzierung")]
    assert scores
    assert max(scores) <= UNNAMED


def test_other_public_money_below_a_heading_is_national() -> None:
    best = Lexicon.load().match("Autres publics", group="Financements (€)")[0]
    assert best.field == "national_public"


def test_the_beneficiary_below_a_heading_of_money_may_be_its_share_but_is_not_booked() -> None:
    scores = {m.field: m.score for m in Lexicon.load().match("Beneficiary", group="Financing plan (€)")}
    assert 0.5 < scores["other_contribution"] < BOOKED_FROM
    assert "other_contribution" not in {m.field for m in Lexicon.load().match("Beneficiary", group="Amount paid")}


def test_a_forecast_of_payments_is_no_payment() -> None:
    match = Lexicon.load().match
    assert not [m for m in match("Paiements UE prévisionnels") if m.field == "paid" and m.score > 0.5]
    assert match("Contribution UE prévisionnelle")[0].field == "eu_contribution"


# --- kr ------------------------------------------------------------------------------------------------------------


class _Listed:
    name: str | None = "Sheet1"

    def __init__(self, header: str, first: list[Value], code: str = "") -> None:
        self._rows = [Row(1, list(header.split("|")))] + [Row(n, [f"Vesta {n}", *first]) for n in range(2, 12)]
        self.facts = SheetFacts(number_formats={2: {code: 10}} if code else {})

    def rows(self) -> Iterator[Row]:
        return iter(self._rows)


def _identified(header: str, *values: Value, code: str = "") -> IdentifiedTable:
    sheet = _Listed(header, list(values), code)
    lists = CodeLists(shipped.codelists())
    found = identify_table(sheet, 1, lexicon=Lexicon.load(), lists=lists, settings=Settings({}))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("header", "code", "expected"),
    [
        ("Projekttitel|EU-tilskud (kr.)|Tilsagnsmodtager", "", "DKK"),
        ("Projekttitel|EU-tilskud|Tilsagnsmodtager", '#,##0.00 "kr."', "DKK"),
        ("Projektnamn|Beviljat EU-stöd (kr)|Stödmottagare", "", "SEK"),
        ("Projekt|EU-stöd (kr)|Organisation", "", "SEK"),
        ("Prosjekt|EU-tilskudd (kr)|Beneficiary", "", "NOK"),
        ("Project title|EU contribution (kr)|Beneficiary", "", None),
    ],
)
def test_the_language_says_whose_crowns(header: str, code: str, expected: str | None) -> None:
    column = _identified(header, 125_000, "Ronda Stiftelse", code=code).columns[1]
    assert column.field == "eu_contribution"
    assert column.currency.shown == expected
    assert any("for the header is" in text for text in column.evidence) == (expected is not None)
    assert (column.confidence <= 0.75) == (expected is not None)


def test_a_column_of_currencies_says_what_the_amounts_are_in() -> None:
    table = _identified("title|total-Commitment|default-currency", 125_000, "EUR")
    assert table.columns[1].currency.by_column
    assert table.columns[1].currency.shown == "EUR"
