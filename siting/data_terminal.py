"""What the commands of local data print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from layers.acquisition import Acquired, is_readable
from layers.errors import N_
from layers.recognition import Reader
from layers.sources import DataSource, Sources
from layers.status import LayerStatus
from layers.store import Store
from siting.i18n import Translate
from siting.labels import STATUS_LABELS, percent
from siting.local_data import StoreCheck
from siting.region import Assembled
from siting.terminal import output, plain, print_table, text_table

_ORIGINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "embedded": N_("embedded"),
        "import": N_("local file"),
        "pull": N_("downloaded"),
        "build": N_("assembled"),
        "absent": N_("absent"),
    }
)


def print_sources(sources: Sources, readers: Mapping[str, Reader], _: Translate) -> None:
    """Print the sources.

    Parameters
    ----------
    sources
        The sources.
    readers
        Layers that can be read.
    _
        Language of the words.
    """
    screen = output()
    rows = text_table(
        [
            (_("Source"), "left"), (_("Layer"), "left"), (_("Title"), "left"),
            (_("Publisher"), "left"), (_("Vintage"), "left"), (_("Licence"), "left"),
            (_("Address"), "left"), (_("How"), "left"),
        ]
    )  # fmt: skip
    for name, one in sources.sources.items():
        checked = _("verified") if one.evidence == "verified" else _("never checked")
        rows.add_row(
            name, plain(one.layer), plain(one.title), plain(one.publisher), plain(one.vintage),
            plain(one.licence), checked, _how(one, readers, _),
        )  # fmt: skip
    print_table(screen, rows, _)
    told = _(
        "No address was called when this list was written; “siting data where” tells the folder "
        "where a file sources.toml overrides them."
    )
    screen.print(told, markup=False, style="dim")


def _how(source: DataSource, readers: Mapping[str, Reader], _: Translate) -> str:
    if not source.pullable:
        return _("by hand: {page}").format(page=plain(source.page))
    word = _("pull --region") if source.by_region else _("pull")
    if is_readable(source, readers):
        return word
    return _("{pull}, kept: no reader yet").format(pull=word)


def print_statuses(found: Sequence[LayerStatus], store: Store, _: Translate) -> None:
    """Print what is known of each layer in use.

    Parameters
    ----------
    found
        Status of each layer.
    store
        The store of local data.
    _
        Language of the words.
    """
    screen = output()
    rows = text_table(
        [
            (_("Layer"), "left"), (_("Title"), "left"), (_("Status"), "left"),
            (_("Origin"), "left"), (_("Vintage"), "left"), (_("Publisher"), "left"),
            (_("Coverage"), "right"), (_("Days"), "right"), (_("Newer"), "left"),
        ]
    )  # fmt: skip
    for one in found:
        status = _("absent") if one.status is None else _(STATUS_LABELS[one.status])
        covered = "" if one.coverage is None else percent(one.coverage, _)
        rows.add_row(
            one.layer, _(one.title), status, _(_ORIGINS[one.origin]), _said(one.vintage, _),
            _said(one.publisher, _), covered, "" if one.age_days is None else str(one.age_days),
            plain(one.newer),
        )  # fmt: skip
    print_table(screen, rows, _)
    text = _("Folder of local data: {folder}").format(folder=store.folder)
    screen.print(text, markup=False, style="dim")


def print_acquired(done: Acquired, _: Translate) -> None:
    """Print what became of a file.

    Parameters
    ----------
    done
        What became of it.
    _
        Language of the words.
    """
    if done.entry is None:
        return
    if done.unchanged:
        text = _("{name}: already up to date ({file})")
    elif done.used:
        text = _("{name}: layer {layer} now read from {file} ({size} bytes, vintage {vintage})")
    else:
        text = _("{name}: {file} kept ({size} bytes); no reader takes it yet")
    told = done.entry.told
    output().print(
        text.format(
            name=plain(done.name), layer=done.entry.layer, file=plain(done.entry.label),
            size=sum(one.size for one in done.entry.files),
            vintage="" if told is None else _said(told.vintage, _),
        ),
        markup=False,
    )  # fmt: skip


_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "absent": N_("absent"),
        "unusable": N_("unusable"),
        "partial": N_("partial"),
        "demonstration": N_("demonstration"),
    }
)


def print_assembled(made: Assembled, _: Translate) -> None:
    """Print the territory of a region, what it lacks and what that costs.

    Parameters
    ----------
    made
        The territory.
    _
        Language of the words.
    """
    screen = output()
    text = _("Region {code}, {name}: {communes} communes, {epci} EPCI")
    told = text.format(code=made.region, name=made.name, communes=made.n_communes, epci=made.n_epci)
    screen.print(told, markup=False, style="bold")
    rows = text_table(
        [
            (_("Layer"), "left"), (_("State"), "left"), (_("Coverage"), "right"),
            (_("Unknown criteria"), "right"), (_("Weight"), "right"), (_("What is lost"), "left"),
            (_("Sources"), "left"),
        ]
    )  # fmt: skip
    for gap in made.gaps:
        covered = "" if gap.coverage is None else percent(gap.coverage, _)
        rows.add_row(
            _(gap.title), _(_REASONS[gap.reason]), covered, str(len(gap.criteria)),
            percent(gap.weight, _), _said(gap.effect, _), plain(", ".join(gap.sources)),
        )  # fmt: skip
    print_table(screen, rows, _)
    reached = _("Reliability of a site at most: {share} (weights of the scenario “{scenario}”)")
    told = reached.format(share=percent(made.reliability, _), scenario=made.scenario)
    screen.print(told, markup=False)
    if not made.budgets:
        screen.print(_("Budgets cannot be worked out yet."), markup=False, style="yellow")
    if not made.scores:
        screen.print(_("Sites cannot be scored yet."), markup=False, style="yellow")


def print_check(found: StoreCheck, _: Translate) -> None:
    """Print what a check of the local data found.

    Parameters
    ----------
    found
        What it found.
    _
        Language of the words.
    """
    text = _("Local files checked: {checked}; with problems: {wrong}")
    told = text.format(checked=len(found.checked), wrong=len(found.problems))
    output().print(told, markup=False)


def _said(text: str, _: Translate) -> str:
    """Translate a text of a provenance, empty ones aside: gettext answers them its header."""
    return plain(_(text)) if text else ""
