"""Make layers of what the store holds: the communes of a region, parts put together."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from layers.acquisition import Acquired
from layers.cog import Passage
from layers.cog_tables import load_cog_communes, open_passage
from layers.data_errors import data_problem
from layers.errors import LayerError, Problem
from layers.recognition import Reader
from layers.sources import Sources
from layers.spec import Layer
from layers.store import Entry, ProvenanceRecord, Store, new_entry
from layers.territory import COMMUNES, load_communes

_PASSAGE: Final = "cog_passage"
_COG: Final = "cog"
_OTHER_REGION: Final = frozenset({"value-choice"})
_SHOWN: Final = 10
_BUILT: Final = re.compile(r"communes_(\d\d)\.parquet")


@dataclass(frozen=True, eq=False, slots=True)
class RegionCommunes:
    """The communes of a region, in use.

    Parameters
    ----------
    communes
        The communes.
    notes
        What the COG and they do not have in common.
    """

    communes: Layer
    notes: tuple[Problem, ...] = ()


def take_region(store: Store, region: str) -> RegionCommunes:
    """Take the communes of a region out of those that the store holds, and use them.

    The file they are taken from is kept, to build another region later.

    Parameters
    ----------
    store
        The store.
    region
        INSEE code of the region.

    Returns
    -------
    RegionCommunes
        The communes, in use from now on; the embedded ones where the store holds none and the
        region is theirs.

    Raises
    ------
    LayerError
        If the communes of the region are not there (``region-communes``), or their file cannot
        be used.
    """
    manifest = store.manifest()
    passage = _passage(store, manifest.layers.get(_PASSAGE))
    own, base = manifest.layers.get(COMMUNES.name), manifest.fetched.get(COMMUNES.name)
    held = [(one, "layers") for one in (own,) if one is not None and one.how != "build"]
    held += [(one, "fetched") for one in (base,) if one is not None]
    if own is not None and own.how == "build":
        held.append((own, "kept"))
    elsewhere: list[str] = []
    for entry, shelf in held:
        try:
            communes = _of_region(store, entry, region, passage)
        except LayerError as error:
            if not {one.code for one in error.problems} <= _OTHER_REGION:
                raise
            elsewhere += [one.expected for one in error.problems]
            continue
        if shelf != "kept":
            _use(store, entry, communes, region, keep=shelf == "layers")
        return RegionCommunes(communes, tuple(_compared(store, communes, region)))
    embedded = load_communes()
    if not held and region in set(embedded.data["region"]):
        return RegionCommunes(embedded)
    pulled = f"siting data pull ign-admin-express --region {region}"
    expected = "; ".join(dict.fromkeys(elsewhere)) or pulled
    raise LayerError(data_problem("region-communes", found=region, expected=expected))


def region_in_use(store: Store) -> str:
    """Return the region whose communes were taken out of a file of the store.

    Parameters
    ----------
    store
        The store.

    Returns
    -------
    str
        Its code; empty where the communes in use are embedded, or those of a file.
    """
    entry = store.manifest().layers.get(COMMUNES.name)
    if entry is None or entry.how != "build":
        return ""
    found = _BUILT.fullmatch(entry.label)
    return found[1] if found else ""


def assemble_parts(
    store: Store, readers: Mapping[str, Reader], sources: Sources
) -> tuple[Acquired, ...]:
    """Put together the layers whose parts were all downloaded, one after another.

    A layer that lacks a part is not used: a site would seem free of what the part tells.

    Parameters
    ----------
    store
        The store.
    readers
        Layers that can be read.
    sources
        Every source.

    Returns
    -------
    tuple of Acquired
        One a layer of which a part is held and that is not in use as it is; its notes tell
        the parts that are missing (``parts-missing``), its problems why it cannot be read.
    """
    layers = {one.layer for one in sources.sources.values() if one.part}
    done = []
    for layer in sorted(layers & set(readers)):
        parts = [name for name, one in sources.of_layer(layer).items() if one.part]
        held = {n: e for n, e in store.manifest().fetched.items() if n in parts}
        if not held:
            continue
        missing = [name for name in parts if name not in held]
        if missing:
            found, expected = ", ".join(missing), ", ".join(held)
            told = data_problem(
                "parts-missing", field=layer, found=found, expected=expected, severity="warning"
            )
            done.append(Acquired(layer, notes=(told,)))
            continue
        try:
            made = _together(store, readers[layer], held)
        except LayerError as error:
            made = Acquired(layer, problems=error.problems)
        done += [made] if made is not None else []
    return tuple(done)


def _together(store: Store, reader: Reader, held: Mapping[str, Entry]) -> Acquired | None:
    """Record a folder of parts; nothing where it is the one in use."""
    with store.changing(), store.arriving() as folder:
        for name, entry in sorted(held.items()):
            path = store.path(entry)
            shutil.copyfile(path, folder / f"{name}{''.join(path.suffixes)}")
        loaded = reader.load(folder)
        entry = new_entry(reader.name, "build").model_copy(
            update={"told": ProvenanceRecord.of(loaded.provenance)}
        )
        before = store.manifest().layers.get(reader.name)
        after = store.record(folder, entry)
        if before is not None and before.files == after.files:
            return None
        notes = loaded.notes if isinstance(loaded, Layer) else ()
        return Acquired(reader.name, after, used=True, notes=notes)


def _passage(store: Store, entry: Entry | None) -> Passage | None:
    return None if entry is None else open_passage(store.path(entry))


def _of_region(store: Store, entry: Entry, region: str, passage: Passage | None) -> Layer:
    given = None if entry.given is None else entry.given.provenance()
    return load_communes(store.path(entry), region=region, passage=passage, provenance=given)


def _use(store: Store, base: Entry, communes: Layer, region: str, *, keep: bool) -> None:
    """Record the communes of a region as those in use, and keep the file they come from."""
    with store.changing(), store.arriving() as folder:
        if keep:
            with store.staged(store.path(base)) as copy:
                store.record(copy, base, shelf="fetched", name=COMMUNES.name)
        path = folder / f"communes_{region}.parquet"
        communes.geo.to_parquet(path)
        told = ProvenanceRecord.of(communes.provenance)
        entry = new_entry(COMMUNES.name, "build").model_copy(
            update={"told": told, "given": told, "source": base.source}
        )
        store.record(path, entry)


def _compared(store: Store, communes: Layer, region: str) -> Iterator[Problem]:
    """Tell what the COG of the store and the communes do not have in common."""
    entry = store.manifest().layers.get(_COG)
    if entry is None:
        return
    cog = load_cog_communes(store.path(entry))
    listed = set(cog.data["code"][cog.data["region"] == region])
    drawn = set(communes.data["code"])
    for code, lost in (("cog-undrawn", listed - drawn), ("cog-unlisted", drawn - listed)):
        if lost:
            shown = ", ".join(sorted(lost)[:_SHOWN]) + ("…" if len(lost) > _SHOWN else "")
            yield data_problem(
                code, file=entry.label, field="code", found=f"{shown} ({len(lost)})",
                expected=cog.provenance.vintage, severity="warning",
            )  # fmt: skip
