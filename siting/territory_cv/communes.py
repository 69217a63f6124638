"""Facts that add communes up: people, dwellings, job seekers, classifications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from layers.errors import N_
from layers.jobs import FRR_CLASSES, NOT_FRR
from layers.spec import Layer, Status
from siting.balance.model import SHARE, least_sure
from siting.criteria.jobs import POLE_CATEGORIES
from siting.domain import Reason
from siting.territory_cv.model import Fact, Label, Place, known, not_given, unknown

SALES = N_("sales over the period: {count}")
MEAN_OF_MEDIANS = N_("mean of the medians of its communes, weighted by their sales")
COMMUNES_UNKNOWN = N_("unknown in {count} communes of {total}")

_PEOPLE: Final = N_("inhabitants")
_DWELLINGS: Final = N_("dwellings")
_COMMUNES: Final = N_("communes")

_COUNTS: Final = (
    (Label("population", N_("Residents"), "people", _PEOPLE), "housing", "population"),
    (
        Label("population_20_64", N_("Residents aged 20 to 64"), "people", _PEOPLE),
        "housing",
        "population_20_64",
    ),
    (Label("dwellings", N_("Dwellings"), "housing", _DWELLINGS), "housing", "dwellings"),
    (
        Label("main_residences", N_("Main residences"), "housing", _DWELLINGS),
        "housing",
        "main_residences",
    ),
    (
        Label("vacant_dwellings", N_("Vacant dwellings (census)"), "housing", _DWELLINGS),
        "housing",
        "vacant_dwellings",
    ),
    (
        Label("private_dwellings", N_("Private dwellings (LOVAC)"), "housing", _DWELLINGS),
        "vacancy",
        "private_dwellings",
    ),
    (
        Label(
            "vacant_2_years",
            N_("Private dwellings vacant for more than two years (LOVAC)"),
            "housing",
            _DWELLINGS,
        ),
        "vacancy",
        "vacant_2_years",
    ),
    (
        Label("job_seekers", N_("Registered job seekers"), "jobs", _PEOPLE),
        "job_seekers",
        "job_seekers",
    ),
    (
        Label("jobs", N_("Jobs at the workplace"), "jobs", N_("jobs")),
        "workplace_jobs",
        "jobs",
    ),
    (
        Label("industry_jobs", N_("Of which in industry"), "jobs", N_("jobs")),
        "workplace_jobs",
        "industry_jobs",
    ),
    (
        Label("employed_residents", N_("Residents with a job"), "jobs", _PEOPLE),
        "workplace_jobs",
        "employed_residents",
    ),
    (
        Label("social_dwellings", N_("Social dwellings"), "housing", _DWELLINGS),
        "social_housing",
        "social_dwellings",
    ),
    (Label("commuters", N_("Commuters"), "jobs", _PEOPLE), "commute_modes", "commuters"),
    (
        Label("car_free_commuters", N_("Of which without a car"), "jobs", _PEOPLE),
        "commute_modes",
        "car_free_commuters",
    ),
)
_RATES: Final = (
    (
        Label("vacancy_rate", N_("Vacancy rate (census)"), "housing", SHARE),
        "vacant_dwellings",
        "dwellings",
    ),
    (
        Label(
            "vacancy_2_years_rate",
            N_("Vacancy rate for more than two years (LOVAC)"),
            "housing",
            SHARE,
        ),
        "vacant_2_years",
        "private_dwellings",
    ),
    (
        Label("job_concentration", N_("Jobs per resident with a job"), "jobs", SHARE),
        "jobs",
        "employed_residents",
    ),
    (
        Label("industry_share", N_("Share of industry in the jobs"), "jobs", SHARE),
        "industry_jobs",
        "jobs",
    ),
    (
        Label("car_free_share", N_("Share of commuters without a car"), "jobs", SHARE),
        "car_free_commuters",
        "commuters",
    ),
)
_PRICE: Final = Label("dwelling_price", N_("Price of dwellings sold (DVF)"), "housing", "€/m²")
_CLASSES: Final = (
    (
        Label(
            "frr_communes",
            N_("Communes classified FRR, in whole or in part"),
            "classes",
            _COMMUNES,
        ),
        "frr_2025",
        tuple(name for name in FRR_CLASSES if name != NOT_FRR),
    ),
    (
        Label(
            "pole_communes",
            N_("Communes that are the pole of an aire d’attraction"),
            "classes",
            _COMMUNES,
        ),
        "cateaav2020",
        POLE_CATEGORIES,
    ),
    (
        Label(
            "ring_communes",
            N_("Communes of the ring of an aire d’attraction"),
            "classes",
            _COMMUNES,
        ),
        "cateaav2020",
        ("20",),
    ),
    (
        Label(
            "outside_communes",
            N_("Communes outside the attraction of towns"),
            "classes",
            _COMMUNES,
        ),
        "cateaav2020",
        ("30",),
    ),
)


def commune_facts(place: Place) -> Iterator[Fact]:
    """Tell the counts of the communes, their rates and their classes.

    Parameters
    ----------
    place
        The territory.

    Yields
    ------
    Fact
        A count unknown in one commune is unknown for the whole.
    """
    counts = {label.name: _sum(place, label, layer, column) for label, layer, column in _COUNTS}
    yield from counts.values()
    yield _price(place)
    for label, part, whole in _RATES:
        yield _rate(label, counts[part], counts[whole])
    for label, column, classes in _CLASSES:
        yield _class_count(place, label, column, classes)


def _sum(place: Place, label: Label, layer: str, column: str) -> Fact:
    found = place.world.layers.get(layer)
    if found is None:
        return unknown(label, not_given(layer))
    table = _latest(found.data).set_index("code").reindex(place.communes)
    if table[column].isna().any():
        return unknown(label, _missing(table[column]))
    status = found.provenance.status
    if "status" in table:
        status = least_sure([status, *(Status(one) for one in table["status"].unique())])
    value = round(float(table[column].sum()))  # counts of the census are not whole
    return known(label, value, found.provenance, status=status, vintage=_vintage(found))


def _missing(values: pd.Series) -> Reason:
    figures = {"count": int(values.isna().sum()), "total": len(values)}
    return Reason("communes-unknown", COMMUNES_UNKNOWN, figures)


def _latest(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the last month of a table that has several."""
    return table[table["month"] == table["month"].max()] if "month" in table else table


def _vintage(layer: Layer) -> str:
    if "month" in layer.data and len(layer.data):
        return str(layer.data["month"].max())
    return layer.provenance.vintage


def _rate(label: Label, part: Fact, whole: Fact) -> Fact:
    """Return a count over another of the same layer."""
    if isinstance(part.value, int) and isinstance(whole.value, int) and whole.value > 0:
        return Fact(label, part.value / whole.value, part.status, part.sources, part.vintage)
    more = (note for note in whole.notes if note not in part.notes)
    return unknown(label, *part.notes, *more)


def _price(place: Place) -> Fact:
    """Tell the price of dwellings: a median for a commune, a mean of medians for others."""
    layer = place.world.layers.get("prices")
    if layer is None:
        return unknown(_PRICE, not_given("prices"))
    table = layer.data.set_index("code")[["sales", "price_eur_m2"]].reindex(place.communes)
    figures = table.astype("Float64").astype("float64")
    if figures.isna().to_numpy().any():
        return unknown(_PRICE, _missing(figures["price_eur_m2"]))
    sales = Reason("sales", SALES, {"count": int(figures["sales"].sum())})
    if len(table) == 1:
        return known(_PRICE, float(figures["price_eur_m2"].iloc[0]), layer.provenance,
                     notes=(sales,))  # fmt: skip
    mean = float((figures["price_eur_m2"] * figures["sales"]).sum() / figures["sales"].sum())
    status = least_sure([layer.provenance.status, Status.ESTIMATED])
    notes = (sales, Reason("mean-of-medians", MEAN_OF_MEDIANS))
    return known(_PRICE, mean, layer.provenance, status=status, notes=notes)


def _class_count(place: Place, label: Label, column: str, classes: tuple[str, ...]) -> Fact:
    zonings = place.world.layers.get("zonings")
    if zonings is None:
        return unknown(label, not_given("zonings"))
    values = zonings.data.set_index("code")[column].reindex(place.communes)
    if values.isna().any():
        return unknown(label, _missing(values))
    return known(label, int(values.isin(classes).sum()), zonings.provenance)
