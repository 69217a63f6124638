"""Every layer has a title to be told by."""

from layers.flows import NET_FLOWS
from layers.registry import LAYERS, OPTIONAL_LAYERS
from layers.titles import LAYER_TITLES


def test_titles_are_those_of_the_registry():
    sources = {**LAYERS, **OPTIONAL_LAYERS}
    titles = {name: source.spec.title for name, source in sources.items()}
    titles |= {NET_FLOWS.name: NET_FLOWS.title}
    assert titles.items() <= LAYER_TITLES.items()
    assert set(LAYER_TITLES) - set(titles) == {"land_cover", "sites"}  # the two of no registry
