"""The view and its address: what is written is read again, the rest is left out."""

from hypothesis import example, given
from hypothesis import strategies as st

from layers.territory import Level
from siting.domain import VerdictCode
from siting.i18n import LANGUAGES
from siting.scenario import scenario_names
from siting.ui.view import View, from_query

CODES = st.text(st.characters(exclude_characters=",", exclude_categories=["Cs"]), min_size=1)
VIEWS = st.builds(
    View,
    lang=st.sampled_from(LANGUAGES),
    scenario=st.sampled_from(scenario_names()),
    site=st.text(),
    place=st.builds("{}:{}".format, st.sampled_from(["epci", "commune", "scot"]), CODES),
    level=st.sampled_from([Level.EPCI, Level.COMMUNE, Level.ZONE_EMPLOI]),
    indicator=CODES,
    layers=st.lists(CODES, unique=True).map(tuple),
    planned=st.booleans(),
    verdicts=st.lists(st.sampled_from(VerdictCode), unique=True).map(tuple),
    ready=st.sampled_from([0, 2027, 2099]),
    areas=st.lists(CODES, unique=True).map(tuple),
    epcis=st.lists(CODES, unique=True).map(tuple),
    departements=st.lists(CODES, unique=True).map(tuple),
)


@given(VIEWS)
@example(View(layers=()))
@example(View(departements=("-",)))
def test_an_address_brings_back_its_view(view):
    assert from_query(view.to_query()) == view


@given(st.dictionaries(st.sampled_from([*View.__slots__, "other"]), st.text()))
def test_any_address_is_a_view(query):
    view = from_query(query)
    assert view.lang in LANGUAGES
    assert view.scenario in scenario_names()


def test_the_default_view_leaves_the_address_bare():
    assert View().to_query() == {}


def test_the_language_of_the_server_holds_where_the_address_tells_none():
    assert from_query({}, lang="en").lang == "en"
    assert from_query({"lang": "fr"}, lang="en").lang == "fr"


def test_an_address_may_name_an_epci_on_its_own():
    view = from_query({"epci": "244400404"})
    assert (view.place_level, view.place_code) == (Level.EPCI, "244400404")


def test_an_edited_scenario_is_named_by_its_hash():
    assert from_query({"scenario": "0123456789ab"}).scenario == "0123456789ab"
    assert from_query({"scenario": "0123456789AB"}).scenario == "base"
