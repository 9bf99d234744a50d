"""What header words mean, in every official language of the Union."""

import csv

import pytest

from ledger import shipped
from ledger.intake.field_assignment import PROJECT_FIELDS
from ledger.intake.lexicon import IGNORED, Lexicon, amount_meanings, plain_words

LANGUAGES = [
    "bg",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fi",
    "fr",
    "ga",
    "hr",
    "hu",
    "it",
    "lt",
    "lv",
    "mt",
    "nl",
    "pl",
    "pt",
    "ro",
    "sk",
    "sl",
    "sv",
]

# beneficiary | operation name | summary | start | end | total eligible cost | rate | country | fund | EU | national | paid
WORDINGS = {
    "bg": "Име на бенефициента|Име на операцията|Обобщение на операцията|Начална дата|Крайна дата|Общо допустими разходи|"
    "Процент на съфинансиране от Съюза|Държава|Фонд|Принос на Съюза (лв.)|Национално съфинансиране|Изплатени суми",
    "cs": "Název příjemce|Název operace|Shrnutí operace|Datum zahájení operace|Datum ukončení operace|"
    "Celkové způsobilé výdaje (Kč)|Míra spolufinancování Unie|Země|Fond|Příspěvek EU|Národní veřejné zdroje|Proplaceno",
    "da": "Støttemodtagerens navn|Operationens navn|Resumé af operationen|Operationens startdato|Operationens slutdato|"
    "Samlede støtteberettigede udgifter|Unionens medfinansieringssats|Land|Fond|EU-støtte|National medfinansiering|Udbetalt",
    "de": "Name des Begünstigten|Bezeichnung des Vorhabens|Zusammenfassung des Vorhabens|Datum des Beginns|Datum des Endes|"
    "Förderfähige Gesamtausgaben|Unions-Kofinanzierungssatz|Land|Fonds|EU-Mittel in EUR|Nationale Mittel|Ausgezahlte Mittel",
    "el": "Ονομασία δικαιούχου|Ονομασία πράξης|Σύνοψη πράξης|Ημερομηνία έναρξης|Ημερομηνία λήξης|Συνολική επιλέξιμη δαπάνη|"
    "Ποσοστό συγχρηματοδότησης της Ένωσης|Χώρα|Ταμείο|Συνεισφορά της Ένωσης|Εθνική συμμετοχή|Πληρωμές (€)",
    "en": "Beneficiary name|Operation name|Operation summary|Operation start date|Operation end date|"
    "Total eligible expenditure|Union co-financing rate|Country|Fund|EU contribution (EUR)|National contribution|Amount paid",
    "es": "Nombre del beneficiario|Nombre de la operación|Resumen de la operación|Fecha de inicio|Fecha de finalización|"
    "Coste total subvencionable|Tasa de cofinanciación|País|Fondo|Ayuda UE|Aportación nacional|Importe pagado",
    "et": "Toetuse saaja nimi|Projekti nimi|Projekti kokkuvõte|Projekti algus|Projekti lõpp|Abikõlblikud kulud kokku|"
    "Kaasrahastamise määr|Riik|Fond|EL-i toetus|Riiklik kaasfinantseering|Väljamakstud toetus",
    "fi": "Tuensaajan nimi|Hankkeen nimi|Tiivistelmä|Alkamispäivä|Päättymispäivä|Tukikelpoiset kokonaiskustannukset|"
    "Unionin yhteisrahoitusosuus|Maa|Rahasto|EU:n rahoitusosuus|Kansallinen julkinen rahoitus|Maksettu tuki",
    "fr": "Nom du bénéficiaire|Intitulé de l'opération|Résumé de l'opération|Date de début|Date de fin|"
    "Coût total éligible|Taux de cofinancement de l'Union|Pays|Fonds|Montant UE|Contrepartie nationale|Montant payé",
    "ga": "Ainm an tairbhí|Ainm na hoibríochta|Achoimre ar an oibríocht|Dáta tosaigh|Dáta críochnaithe|"
    "Costas incháilithe iomlán|Ráta cómhaoinithe|Tír|Ciste|Ranníocaíocht an Aontais|Ranníocaíocht náisiúnta|Méid íoctha",
    "hr": "Naziv korisnika|Naziv operacije|Sažetak operacije|Datum početka|Datum završetka|Ukupno prihvatljivi troškovi|"
    "Stopa sufinanciranja Unije|Država|Fond|EU sredstva|Nacionalno sufinanciranje|Isplaćeni iznos",
    "hu": "Kedvezményezett neve|Projekt címe|Művelet összefoglalója|Kezdés dátuma|Befejezés dátuma|"
    "Összes elszámolható költség (Ft)|Társfinanszírozási arány|Ország|Alap|Uniós hozzájárulás|Nemzeti társfinanszírozás|"
    "Kifizetett összeg",
    "it": "Denominazione beneficiario|Titolo progetto|Sintesi dell'operazione|Data inizio|Data fine|Costo totale ammissibile|"
    "Tasso di cofinanziamento UE|Paese|Fondo|Quota UE|Cofinanziamento nazionale|Totale pagamenti",
    "lt": "Projekto vykdytojas|Projekto pavadinimas|Projekto santrauka|Pradžios data|Pabaigos data|"
    "Tinkamos finansuoti išlaidos, Eur|Bendrojo finansavimo norma|Šalis|Fondas|ES lėšos|Valstybės biudžeto lėšos|Išmokėta lėšų",
    "lv": "Finansējuma saņēmējs|Projekta nosaukums|Projekta kopsavilkums|Sākuma datums|Beigu datums|"
    "Kopējās attiecināmās izmaksas|Līdzfinansējuma likme|Valsts|Fonds|ES finansējums|Valsts budžeta finansējums|Veiktie maksājumi",
    "mt": "Isem il-benefiċjarju|Isem tal-operazzjoni|Sommarju tal-operazzjoni|Data tal-bidu|Data tat-tmiem|"
    "Nefqa eliġibbli totali|Rata ta' kofinanzjament tal-Unjoni|Pajjiż|Fond|Kontribuzzjoni tal-UE|Kontribuzzjoni nazzjonali|"
    "Ammont imħallas",
    "nl": "Naam begunstigde|Naam van het project|Samenvatting|Startdatum|Einddatum|Totale subsidiabele kosten|"
    "Medefinancieringspercentage|Land|Fonds|EU-bijdrage|Nationale bijdrage|Uitbetaald bedrag",
    "pl": "Nazwa beneficjenta|Tytuł projektu|Skrócony opis projektu|Data rozpoczęcia|Data zakończenia|Wydatki kwalifikowalne|"
    "Poziom dofinansowania UE|Kraj|Fundusz|Dofinansowanie UE (zł)|Wkład krajowy|Kwota wypłacona",
    "pt": "Nome do beneficiário|Designação da operação|Resumo|Data de início|Data de conclusão|Despesa total elegível|"
    "Taxa de cofinanciamento|País|Fundo|Apoio da União|Contrapartida nacional|Pagamentos",
    "ro": "Nume beneficiar|Titlul proiectului|Rezumatul operațiunii|Data începerii|Data finalizării|Total cheltuieli eligibile|"
    "Rata de cofinanțare UE|Țara|Fond|Contribuția UE (lei)|Contribuția națională|Plăți efectuate",
    "sk": "Názov prijímateľa|Názov projektu|Popis projektu|Dátum začatia|Dátum ukončenia|Celkové oprávnené výdavky|"
    "Miera spolufinancovania EÚ|Krajina|Fond|Príspevok EÚ|Štátny rozpočet|Vyplatená suma",
    "sl": "Ime upravičenca|Naziv operacije|Povzetek operacije|Datum začetka|Datum zaključka|Skupni upravičeni izdatki|"
    "Stopnja sofinanciranja|Država|Sklad|Prispevek EU|Nacionalna sredstva|Izplačani znesek",
    "sv": "Stödmottagarens namn|Projektnamn|Sammanfattning|Startdatum|Slutdatum|Totala stödberättigande utgifter|"
    "Medfinansieringsgrad|Land|Fond|EU-stöd|Nationell medfinansiering|Utbetalat belopp",
}
FIELDS = [
    "beneficiary",
    "title",
    "summary",
    "start_date",
    "end_date",
    "total_cost",
    "eu_rate",
    "country",
    "fund",
    "eu_contribution",
    "national_public",
    "paid",
]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


def meaning(lexicon: Lexicon, header: str, group: str = "", language: str | None = None) -> str | None:
    matches = lexicon.match(header, language, group=group)
    return matches[0].field if matches and matches[0].score >= 0.45 else None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terms_of_article_49_are_known_in_every_language(lexicon: Lexicon, language: str) -> None:
    said = {header: meaning(lexicon, header, language=language) for header in WORDINGS[language].split("|")}
    assert said == dict(zip(WORDINGS[language].split("|"), FIELDS, strict=True))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Gewährte Beträge", "contracted"),
        ("Bespovratna sredstva", "contracted"),
        ("Projektui skirtas finansavimas, Eur", "contracted"),
        ("öffentliche Beteiligung", "public_contribution"),
        ("Financement public sans FEDER", "national_public"),
        ("Gezahlte Gesamtbeträge", "paid"),
        ("Kwota dofinansowania", "public_contribution"),
        ("Výše schválené dotace (Kč)", "contracted"),
        ("A projekt uniós támogatásának összege", "eu_contribution"),
        ("Vlastní zdroje příjemce", "other_contribution"),
        ("Yksityinen rahoitus, €", "private"),
        ("Certified eligible expenditure", "declared"),
        ("Number of contracts", IGNORED),
        ("Jahr der Restzahlung", IGNORED),
        ("Code postal du bénéficiaire", "postcode"),
        ("ProjectAdoptionDate", "decision_date"),
        ("total_net_payments", "paid"),
        ("Beneficiary’s contracted amount (EUR)", "contracted"),
    ],
)
def test_wordings_of_real_lists(lexicon: Lexicon, header: str, field: str) -> None:
    assert meaning(lexicon, header) == field


def test_two_languages_in_one_header_agree(lexicon: Lexicon) -> None:
    both = lexicon.match("Datum des Beginns des Vorhabens /\noperation start date")[0]
    assert both.field == "start_date"
    assert both.score > lexicon.match("operation start date")[0].score


def test_a_group_heading_gives_its_stage_to_the_columns_below(lexicon: Lexicon) -> None:
    assert meaning(lexicon, "Total", "Amount paid") == "paid"
    assert meaning(lexicon, "Total") != "paid"


def test_ineligible_costs_are_no_total_cost(lexicon: Lexicon) -> None:
    for header in (
        "Ineligible costs",
        "Nezpůsobilé výdaje",
        "Nicht förderfähige Ausgaben",
        "Wydatki niekwalifikowalne",
    ):
        assert meaning(lexicon, header) in (None, IGNORED)


def test_a_share_in_per_cent_is_no_amount() -> None:
    assert amount_meanings(frozenset({"eu", "support", "rate"})) == [("eu_rate", 0.8)]
    assert amount_meanings(frozenset({"count", "support"})) == []


def test_fund_and_national_money_together_is_no_national_share(lexicon: Lexicon) -> None:
    assert meaning(lexicon, "Allocation from the Fund and national contribution") != "national_public"


def test_words_come_apart_and_lose_their_accents() -> None:
    assert plain_words("ProjectID_nr  (příjemce)\nEU-Anteil %") == (
        "project",
        "id",
        "nr",
        "prijemce",
        "eu",
        "anteil",
        "%",
    )


def test_row_labels(lexicon: Lexicon) -> None:
    for word in ("Summe", "SOUČET", "Összesen:", "Iš viso", "Kopā", "ΣΥΝΟΛΟ", "Общо", "Yhteensä", "I alt", "Total (€)"):
        assert lexicon.is_total_label(word), word
    assert not lexicon.is_total_label("Total Energies SE")
    assert lexicon.names_total("Total AXE 2")
    assert lexicon.names_total("MS Totals", "country")
    assert not lexicon.names_total("TOTAL-M LTD", "beneficiary")
    assert lexicon.starts_with_note("Stand: 30.06.2016")
    assert lexicon.is_union_aggregate("EU-28")


def test_every_language_has_a_like_number_of_terms() -> None:
    with (shipped.codelists() / "header-terms.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for language in LANGUAGES:
        fields = {row["field"] for row in rows if row["language"] == language}
        assert set(FIELDS) | {"@eu", "@paid", "@total", "@row_total", "@rate"} <= fields
    assert all(0 < float(row["weight"]) <= 1 for row in rows)
    assert len({(r["field"], r["language"], r["term"]) for r in rows}) == len(rows)


def test_the_names_of_the_fields_mean_themselves(lexicon: Lexicon) -> None:
    assert {name: lexicon.match(name)[0].field for name in PROJECT_FIELDS} == {name: name for name in PROJECT_FIELDS}
