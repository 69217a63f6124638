"""What conflicts in a scenario: which budget lacks land, for which sites, and what would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from layers.territory import Level
from siting.i18n import Translate
from siting.pipeline import Run
from siting.ui.html import alert, joined, paragraph
from siting.ui.measures import area_text
from siting.ui.site_panel import sentence
from siting.ui.territory_panel import exceeded


@dataclass(frozen=True, slots=True)
class Conflict:
    """A budget that the chosen sites exceed.

    Parameters
    ----------
    code, name
        The EPCI.
    missing_m2
        ENAF that it lacks, m².
    before_m2
        What remained before the sites; negative where it was exceeded without them.
    sites
        Identifier and ENAF in m² of each site that consumes there, the largest first.
    """

    code: str
    name: str
    missing_m2: int
    before_m2: int
    sites: tuple[tuple[str, int], ...]

    @property
    def enough(self) -> tuple[str, ...]:
        """Return the sites any of which, left out alone, ends the conflict."""
        return tuple(site for site, enaf_m2 in self.sites if enaf_m2 >= self.missing_m2)


def conflicts(run: Run) -> list[Conflict]:
    """Return the budgets that the chosen sites exceed, all together.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    list of Conflict
        The largest lack first.
    """
    table = run.shares[run.shares["level"] == Level.EPCI.value]
    found = []
    for part in exceeded(run):
        own = table[(table["code"] == part.code) & table["site_id"].isin(part.sites)]
        taken = own.set_index("site_id")["enaf_m2"].fillna(0).astype("int64")
        ranked = sorted(taken[taken > 0].items(), key=lambda one: (-one[1], str(one[0])))
        found.append(
            Conflict(
                part.code, part.name, -(part.remaining_after_m2 or 0),
                part.remaining_before_m2 or 0,
                tuple((str(site), int(enaf_m2)) for site, enaf_m2 in ranked),
            )
        )  # fmt: skip
    return found


def conflicts_list(run: Run, translate: Translate) -> Markup:
    """Return what conflicts, and what would do, in words.

    Parameters
    ----------
    run
        The run.
    translate
        The language.

    Returns
    -------
    Markup
        HTML, every text of the file escaped.
    """
    _ = translate
    names = run.sites["name"].to_dict()
    items = [_conflict(one, names, _) for one in conflicts(run)]
    items += list(_left_out(run, names, _))
    if not items:
        told = _("Nothing conflicts: every chosen site is charged, within its budget.")
        return alert(told, style="sg-info")
    return Markup('<ul class="sg-sites">{}</ul>').format(joined(items))


def _conflict(one: Conflict, names: dict[Any, Any], _: Translate) -> Markup:
    lacks = _("{area} of ENAF are lacking").format(area=area_text(one.missing_m2, _))
    taken = _("{name} ({area})")
    sites = ", ".join(
        taken.format(name=names.get(site, site), area=area_text(enaf_m2, _))
        for site, enaf_m2 in one.sites
    )
    lines = [_("Sites charged there: {sites}.").format(sites=sites), _way_out(one, names, _)]
    return Markup("<li><div><strong>{}</strong><span>{}</span></div>{}</li>").format(
        one.name, lacks, joined(map(paragraph, lines))
    )


def _way_out(one: Conflict, names: dict[Any, Any], _: Translate) -> str:
    if one.before_m2 < 0:
        text = _(
            "The budget is exceeded by {area} without any site: leaving sites out is not enough."
        )
        return text.format(area=area_text(-one.before_m2, _))
    if len(one.sites) == 1:
        text = _(
            "It is the only site that consumes there: it must take {area} less, start after the "
            "period, or be left out."
        )
        return text.format(area=area_text(one.missing_m2, _))
    if len(one.enough) == 1:
        text = _("Leaving out {site} is enough; no other site is enough alone.")
        return text.format(site=names.get(one.enough[0], one.enough[0]))
    if one.enough:
        text = _("Leaving out any one of these is enough: {sites}.")
        return text.format(sites=", ".join(str(names.get(site, site)) for site in one.enough))
    return _("No site is enough alone: several must be left out, or phased after the period.")


def _left_out(run: Run, names: dict[Any, Any], _: Translate) -> Iterator[Markup]:
    for site, reasons in sorted(run.plan.left_out.items()):
        yield Markup("<li><div><strong>{}</strong><span>{}</span></div>{}</li>").format(
            names.get(site, site), _("left out of the budgets"),
            joined(paragraph(sentence(reason, _)) for reason in reasons),
        )  # fmt: skip
