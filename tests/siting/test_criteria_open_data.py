"""The real open files feed the criteria they concern; what they do not tell stays unknown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from layers.registry import gather_layers, load_layers
from siting.criteria.around import commune_of
from siting.criteria.mobility import STATION_CLASSES
from siting.pipeline import run
from siting.scenario import load_scenario, weights

FILES = {
    "vacancy": "lovac_vacance_2ans_2021.csv",
    "housing_tension": "zonage_abc_2019.csv",
    "job_seekers": "demandeurs_emploi_mensuel.csv",
    "station_traffic": "frequentation_gares.csv",
    "sewage_plants": "stations_epuration_2017.csv",
    "frr": "frr_juillet2025.csv",
    "prices": "dvf_prix_communes_2020_2024.csv",
    "cog_passage": "cog_passage_vers_2025.csv",
}
FED = (
    "tense_housing_share", "long_vacancy_rate", "station_class", "sewage_spare_pe", "frr_class",
    "dwelling_price_eur_m2",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(open_data):
    return open_data / "pays-de-la-loire"


@pytest.fixture(scope="module")
def real(world, demo_file, folder):
    """The demonstration sites under “complet”, with the real files given."""
    layers = load_layers({name: folder / file for name, file in FILES.items()})
    return run(load_scenario("complet"), replace(world, layers=layers), demo_file)


def test_each_file_feeds_its_criterion(real):
    known = real.matrix.notna()
    for name in FED:
        assert known[name].any(), name
    assert real.matrix["long_vacancy_rate"].dropna().between(0, 0.2).all()
    assert real.matrix["tense_housing_share"].dropna().between(0, 1).all()


def test_the_real_stations_and_their_traffic_make_the_class_of_a_site(world, demo_file, folder):
    files = {"stations": "gares_sncf_2025.geojson", "station_traffic": FILES["station_traffic"]}
    layers = load_layers({name: folder / file for name, file in files.items()})
    found = run(load_scenario("complet"), replace(world, layers=layers), demo_file)
    stations = layers["stations"].geo
    stations = stations[stations["passenger"]]
    measure = found.scenario.measure
    reach_m = measure.station_reach_m / measure.detour_factor
    kinds = set()
    for site, shape in found.sites.geometry.items():
        near = stations[stations.distance(shape) <= reach_m]
        most = near["travellers_2023"].max() if len(near) else -1
        told = found.matrix["station_class"][site]
        if len(near) and pd.isna(most):  # stations, but none whose traffic is published
            assert pd.isna(told)
        else:
            assert told == STATION_CLASSES[sum(most >= one for one in (0, 100_000, 1_000_000))]
        kinds.add(told)
    assert len(kinds) > 1


def test_a_feed_without_stop_times_leaves_departures_unknown(world, demo_file, folder):
    feed = folder / "gtfs_tan_2016_sans_stop_times"
    layers, failures = gather_layers({"public_transport_stops": feed})
    assert {found.code for found in failures["public_transport_stops"]} == {"feed-incomplete"}
    found = run(load_scenario("complet"), replace(world, layers=layers), demo_file)
    assert found.matrix["stop_departures_day"].isna().all()
    share = weights(found.scenario)["stop_departures_day"]
    assert share > 0
    assert (found.scores.reliability <= 1 - share).all()


def test_prices_in_reach_are_between_those_of_the_communes_that_sold(real, folder):
    raw = pd.read_csv(folder / FILES["prices"], sep=";", dtype={"city_code": str})
    sold = raw[raw["dvf_nbtrans"] > 0]
    prices = real.matrix["dwelling_price_eur_m2"].dropna()
    assert len(prices) > 0.8 * len(real.matrix)  # four communes have no sale
    assert prices.between(sold["dvf_pxm2_median"].min(), sold["dvf_pxm2_median"].max()).all()
    communes = load_layers()["communes"].geo.set_index("code")
    site = prices.index[0]
    points = communes.geometry.apply(shapely.point_on_surface)
    reach_m = real.scenario.measure.housing_reach_m / real.scenario.measure.detour_factor
    near = points.index[points.distance(real.sites.geometry[site]) <= reach_m]
    own = sold[sold["city_code"].isin(near)]
    by_hand = np.average(own["dvf_pxm2_median"], weights=own["dvf_nbtrans"])
    assert prices[site] == pytest.approx(by_hand)


def test_job_seekers_of_150_communes_leave_most_sites_unknown(real, folder):
    told = pd.read_csv(folder / FILES["job_seekers"], dtype=str)
    assert told["codgeo"].nunique() < 200
    assert real.matrix["job_seekers_rate"].isna().mean() > 0.5


def test_what_is_left_to_a_plant_is_that_of_its_agglomeration(real, folder):
    raw = pd.read_csv(folder / FILES["sewage_plants"], dtype={"CdCommune": str})
    passage = pd.read_csv(folder / FILES["cog_passage"], dtype=str).set_index("DEPCOM_HIST")
    raw["CdCommune"] = raw["CdCommune"].replace(passage["DEPCOM"].to_dict())  # communes merged
    alone = raw[~raw["CdCommune"].duplicated(keep=False) & raw["SomChrgMaxEntree"].gt(0)]
    left = alone.set_index("CdCommune").eval("SomCapaNom - SomChrgMaxEntree").clip(lower=0)
    communes = load_layers()["communes"].geo
    expected = commune_of(real.sites, communes).map(left).dropna()
    found = real.matrix["sewage_spare_pe"].reindex(expected.index)
    known = found.notna()  # a plant may be out of service
    assert known.any()
    assert found[known].tolist() == expected[known].tolist()


def test_reliability_is_the_weight_of_what_is_known(real, world, demo_file):
    share = weights(real.scenario)
    known = real.matrix.notna()[share.index].to_numpy()
    expected = np.where(known, share.to_numpy(), 0.0).sum(axis=1)
    assert real.scores.reliability.tolist() == pytest.approx(expected.tolist())
    without = run(real.scenario, world, demo_file)
    assert (without.scores.reliability <= real.scores.reliability + 1e-12).all()
    assert (without.scores.reliability < real.scores.reliability).any()
    for site, gaps in real.gaps.items():
        assert all(pd.isna(real.matrix.loc[site, gap.figures["name"]]) for gap in gaps)


def test_layers_given_do_not_move_the_scores_of_the_base_scenario(
    real, world, demo_file, demo_run, folder
):
    # The traffic of stations and FRR are embedded already: the files say the same.
    names = ("vacancy", "housing_tension", "job_seekers", "sewage_plants", "prices", "cog_passage")
    layers = load_layers({name: folder / FILES[name] for name in names})
    again = run(load_scenario("base"), replace(world, layers=layers), demo_file)
    pd.testing.assert_series_equal(again.scores.total, demo_run.scores.total, check_exact=True)
    assert again.matrix["long_vacancy_rate"].notna().any()
