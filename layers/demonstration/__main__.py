"""Write the files of the demonstration layers again: ``python -m layers.demonstration``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import shapely

from layers.demonstration import FOLDER
from layers.demonstration.enaf import FILE_NAME, build_enaf, write_enaf
from layers.demonstration.places import (
    INTERCHANGES_FILE,
    PORTS_FILE,
    PROTECTED_AREAS_FILE,
    build_interchanges,
    build_ports,
    build_protected_areas,
    write_places,
)
from layers.demonstration.roads import town_centres
from layers.demonstration.sites import FILE_NAME as SITES_FILE
from layers.demonstration.sites import Surroundings, build_sites, write_sites
from layers.housing import load_housing
from layers.territory import load_communes
from layers.transport import load_stations


def main(arguments: Sequence[str] | None = None) -> None:
    """Write every demonstration file, but the raster, which a user's cache holds.

    Parameters
    ----------
    arguments
        Command line arguments; ``None`` takes those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m layers.demonstration", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder written to")
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    communes, housing = load_communes().geo, load_housing().data
    write_enaf(build_enaf(communes, housing), out / FILE_NAME)
    region = shapely.coverage_union_all(communes.geometry.to_numpy())
    interchanges = build_interchanges(town_centres(communes, housing), region)
    protected_areas = build_protected_areas(communes)
    write_places(interchanges, out / INTERCHANGES_FILE)
    write_places(build_ports(communes), out / PORTS_FILE)
    write_places(protected_areas, out / PROTECTED_AREAS_FILE)
    stations = load_stations().geo
    around = Surroundings(communes, housing, stations, interchanges, protected_areas)
    write_sites(build_sites(around), out / SITES_FILE)


if __name__ == "__main__":
    main()
