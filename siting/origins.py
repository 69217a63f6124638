"""Where each site of a run comes from: the file of sites, or what was added to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from layers.errors import N_
from layers.sites import SiteFile
from layers.spec import Provenance
from siting.domain import LayerUse

ADDED: Final = "added_sites"
"""Name under which what was added to the file of sites is told, with its number."""
_TITLE: Final = N_("Sites added in the session")


def layer_use(name: str, title: str, source: Provenance) -> LayerUse:
    """Tell of a layer what a result says of it.

    Parameters
    ----------
    name, title
        The layer.
    source
        Where it comes from.

    Returns
    -------
    LayerUse
        Publisher, vintage, licence, status and file.
    """
    return LayerUse(
        name, title, source.publisher, source.vintage, source.licence, source.status, source.file
    )


def added_uses(file: SiteFile) -> dict[Provenance, LayerUse]:
    """Tell of what was added to a file of sites, each source once.

    Parameters
    ----------
    file
        The sites.

    Returns
    -------
    dict
        By source, in the order they were added: ``added_sites_1``, ``added_sites_2``…
    """
    sources = dict.fromkeys(file.added.values())
    return {
        source: layer_use(f"{ADDED}_{rank}", _TITLE, source)
        for rank, source in enumerate(sources, start=1)
    }


def uses_of_sites(file: SiteFile, sites: Iterable[str]) -> Mapping[str, LayerUse]:
    """Tell which source each site comes from.

    Parameters
    ----------
    file
        The file, with what was added to it.
    sites
        Identifiers.

    Returns
    -------
    Mapping
        Source by site: its status is that of the site.
    """
    spec = file.layer.spec
    own = layer_use(spec.name, spec.title, file.layer.provenance)
    added = added_uses(file)
    return {site: added[file.added[site]] if site in file.added else own for site in sites}
