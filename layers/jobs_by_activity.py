"""Jobs by activity per commune: what a territory is a specialist of. An optional layer."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from layers.cells import read_integer, read_number
from layers.errors import N_, problem
from layers.naf import NAF_DIVISIONS
from layers.official import (
    CODE_NAMES,
    Parsed,
    cell_problems,
    commune_codes,
    load_official,
    official_provenance,
    required,
)
from layers.raw_table import RawTable
from layers.spec import Column, Layer, LayerSpec, Provenance

JOBS_BY_ACTIVITY: Final = LayerSpec(
    name="jobs_by_activity",
    title=N_("Jobs by activity per commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column(
            "naf", "string", "NAF division: 2 digits, zeros kept", choices=tuple(NAF_DIVISIONS)
        ),
        Column(
            "jobs", "number", "Jobs of the division there; missing where it is hidden",
            unit="jobs", nullable=True, minimum=0,
        ),
    ),
)  # fmt: skip
"""Contract of jobs by activity: one row a commune and division; a division without a row has
no job in the commune. URSSAF tells of the private sector, FLORES of employees."""


def load_jobs_by_activity(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read jobs by commune and division of NAF.

    Parameters
    ----------
    path
        A CSV file, or a ZIP archive that holds one, with the columns of
        :data:`JOBS_BY_ACTIVITY` or those of URSSAF (*établissements et effectifs salariés,
        commune × APE*: ``code_commune``, ``annee``, ``ape``, ``effectifs``), of which the last
        year is read and activities are added up by division.
    provenance
        Provenance of ``path``; by default recognised by its columns.

    Returns
    -------
    Layer
        The layer.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    lengths = {"code": 5, "naf": 2}
    return load_official(JOBS_BY_ACTIVITY, path, _parse, provenance=provenance, lengths=lengths)


def _parse(raw: RawTable) -> Parsed:
    headers = required(
        raw,
        {
            "code": CODE_NAMES,
            "year": ("annee",),
            "activity": ("(code_)?ape", "(code_)?naf(_732)?"),
            "jobs": ("effectifs(_salaries)?",),
        },
    )
    codes, errors = commune_codes(raw, headers["code"])
    years, counts = read_integer(raw.data[headers["year"]]), read_number(raw.data[headers["jobs"]])
    errors += cell_problems(raw, headers["year"], years, N_("a whole number"))
    errors += cell_problems(raw, headers["jobs"], counts, N_("a number"))
    naf = raw.data[headers["activity"]].str.strip().str[:2]
    wrong = (~naf.isin(list(NAF_DIVISIONS))).to_numpy().nonzero()[0].tolist()
    errors += [
        problem("value-choice", row=int(raw.rows[i]), field=headers["activity"],
                found=raw.data[headers["activity"]].iloc[i], expected=N_("a code of the NAF"))
        for i in wrong[:5]
    ]  # fmt: skip
    table = pd.DataFrame({"code": codes, "naf": naf, "jobs": counts.column, "year": years.column})
    last = table["year"].max()
    groups = table[table["year"] == last].groupby(["code", "naf"], sort=True)["jobs"]
    # Unknown as soon as one activity of the division is.
    jobs = groups.sum(min_count=1).mask(groups.count() < groups.size())
    source = official_provenance(
        "URSSAF", "Établissements et effectifs salariés du privé, commune × APE",
        "" if pd.isna(last) else str(int(last)), method=N_("activities added up by division"),
    )  # fmt: skip
    return Parsed(jobs.rename("jobs").reset_index(), source, tuple(errors))
