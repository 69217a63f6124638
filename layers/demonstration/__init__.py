"""Demonstration layers of Pays de la Loire: synthetic, deterministic, labelled so.

No registry carries ENAF flows per commune, land cover at 10 m, interchanges, ports,
protected areas or sites that may be embedded. These modules make stand-ins, so that
the whole chain runs on first use. Every value is drawn by hashing a seed with the
code of a commune (or a position on a grid): never with the rank of a row, so that the
order of rows or tiles changes nothing. Published totals are met exactly where
:mod:`layers.demonstration.enaf` says so; **no figure says anything of a real place**.

``python -m layers.demonstration`` writes the files again, in
``layers/data/pays_de_la_loire/demonstration``. The land-cover raster is not among
them: :func:`layers.artificialised_land.load_land_cover` makes it in the user's cache.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SEED: Final = 20_250_101
"""Seed of every demonstration layer."""

MARK: Final = "(démonstration)"
"""Ends the region's name in the ENAF file: a copy of it still says what it is."""

FOLDER: Final = Path(__file__).parents[1] / "data" / "pays_de_la_loire" / "demonstration"
"""Folder of the embedded demonstration files."""
