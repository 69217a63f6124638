"""Flows that one industry has been seen to give another: the matrix of industrial ecology.

Pairs of NAF divisions with their source. The embedded matrix holds the exchanges published of
Kalundborg (Denmark); a territory gives its own in place of it.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from layers.errors import N_
from layers.spec import Column, Layer, LayerSpec, Provenance, Status
from layers.tables import checked_layer, local_provenance, read_csv

INDUSTRIAL_FLOWS: Final = LayerSpec(
    name="industrial_flows",
    title=N_("Possible flows between industries"),
    columns=(
        Column("from_naf", "string", "NAF division that gives: 2 digits, zeros kept"),
        Column("to_naf", "string", "NAF division that takes: 2 digits, zeros kept"),
        Column("flow", "string", "What is given"),
        Column("source", "string", "Where the exchange is published"),
    ),
)
"""Contract of the matrix: one row a pair of divisions and flow."""

_EMBEDDED: Final = Provenance(
    publisher=N_("siting, after published cases"),
    title="Échanges publiés de la symbiose de Kalundborg",
    vintage="1997",
    licence="EUPL-1.2",
    status=Status.ESTIMATED,
    method=N_("exchanges as published; NAF rév. 2 division of each company derived here"),
    file="industrial_flows.csv",
)


def load_industrial_flows(
    path: Path | None = None, *, provenance: Provenance | None = None
) -> Layer:
    """Read the matrix of flows between industries.

    Parameters
    ----------
    path
        A CSV file with the columns of :data:`INDUSTRIAL_FLOWS`; ``None`` for the embedded one.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated.

    Returns
    -------
    Layer
        The layer, one row a flow.

    Raises
    ------
    LayerError
        With every problem of the file.

    Examples
    --------
    >>> flows = load_industrial_flows().data
    >>> flows.loc[flows["flow"] == "gypse de désulfuration", ["from_naf", "to_naf"]].values.tolist()
    [['35', '23']]
    """
    file = path or Path(str(resources.files("layers"))) / "data" / _EMBEDDED.file
    source = provenance or (_EMBEDDED if path is None else local_provenance(file))
    table, problems = read_csv(file, INDUSTRIAL_FLOWS.columns)
    lengths = {"from_naf": 2, "to_naf": 2}
    return checked_layer(INDUSTRIAL_FLOWS, table, source, problems=problems, lengths=lengths)
