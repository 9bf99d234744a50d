"""Lists in the 24 official languages, worded as authorities word them: each column gets its field, or is left alone."""

import pytest

from ledger.intake.cells import Row, Value
from ledger.intake.column_shapes import measure_columns
from ledger.intake.field_assignment import assign_fields
from ledger.intake.header_finder import find_header
from ledger.intake.lexicon import Lexicon

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
