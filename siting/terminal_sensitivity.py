"""What the command line prints of the sensitivity of ranks."""

from __future__ import annotations

from typing import Any

from siting.criteria import CRITERIA, THEMES
from siting.i18n import Translate
from siting.labels import UNKNOWN, number, percent
from siting.opinions import METHOD_NAMES
from siting.pipeline import Run
from siting.sensitivity import Sensitivity
from siting.terminal import banner, footer, output, plain, print_table, text_table


def print_sensitivity(result: Run, found: Sensitivity, _: Translate) -> None:
    """Print the sites by rank, with how far each rank holds, then what other methods say.

    Parameters
    ----------
    result
        The run.
    found
        Its sensitivity.
    _
        Language of the words.
    """
    console = output()
    banner(console, result.manifest, _)
    ranks, shifts = found.acceptability, found.shifts
    table = text_table(
        [
            (_("Rank"), "right"), (_("Site"), "left"), (_("Score"), "right"),
            (_("Mean rank"), "right"), (_("Ranks, weights drawn"), "right"),
            (_("First {count}").format(count=ranks.top), "right"),
            (_("Ranks, thresholds ±10 %"), "right"),
            *((name, "right") for name in METHOD_NAMES.values()),
            (_("Loses its place with"), "left"),
        ]
    )  # fmt: skip
    order = result.scores.rank.sort_values(kind="stable", na_position="last").index
    for site in order:
        table.add_row(
            number(result.scores.rank[site], _), plain(result.sites.at[site, "name"]),
            number(result.scores.total[site], _, decimals=1),
            number(ranks.mean_rank[site], _, decimals=1),
            _range(ranks.best_rank[site], ranks.worst_rank[site], _),
            percent(ranks.top_probability[site], _),
            _range(shifts.best_rank[site], shifts.worst_rank[site], _),
            *(number(found.opinions.ranks.at[site, method], _) for method in METHOD_NAMES),
            _change(found, site, _),
        )  # fmt: skip
    print_table(console, table, _)
    for reason in found.opinions.reasons:
        console.print(f"  {reason.text(_)}", markup=False)
    text = _(
        "{draws} draws of weights around the scenario's (Dirichlet, concentration "
        "{concentration}, seed {seed})"
    )
    told = text.format(
        draws=number(ranks.draws, _), concentration=f"{found.concentration:g}", seed=found.seed
    )
    console.print(told, markup=False, style="dim")
    footer(console, result.manifest, _)


def _range(best: Any, worst: Any, _: Translate) -> str:
    ends = (number(best, _), number(worst, _))
    return "–".join(dict.fromkeys(ends))


def _change(found: Sensitivity, site: Any, _: Translate) -> str:
    """Tell the smallest change of the weight of a theme or criterion that costs the place."""
    tables = ((found.theme_change, THEMES), (found.criterion_change, CRITERIA))
    told = []
    for table, titles in tables:
        row = table.loc[site]
        if isinstance(row["subject"], str):
            title = titles[row["subject"]]
            name = _(title if isinstance(title, str) else title.title)
            before, after = (percent(row[w], _, decimals=1) for w in ("weight", "to_weight"))
            told.append(f"{name} {before} → {after}")
    return plain(" ; ".join(told) or UNKNOWN)
