"""Problems found in what a user gives, and the base of every exception.

A *problem* is a value: a stable code, the place (file, row, field) and what was
found against what was expected. Readers gather all the problems of a file and
raise once, so that a user mends the file in one go.

Messages are English gettext identifiers; :mod:`siting.i18n` renders them in the
language of the user. Codes never change once released: scripts rely on them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

Severity = Literal["error", "warning"]


def N_(message: str) -> str:  # noqa: N802 - the name gettext's extractor looks for
    """Mark ``message`` for translation without translating it."""
    return message


MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "file-missing": N_("the file does not exist"),
        "file-folder": N_("this is a folder; expected a file"),
        "file-empty": N_("the file is empty (0 bytes)"),
        "file-unreadable": N_("the file cannot be read as {expected}: {found}"),
        "file-format": N_("“{found}” is not a format of sites; expected one of {expected}"),
        "file-pointer": N_("the file is a Git LFS or git-annex pointer, not the data itself"),
        "file-html": N_("the file is a web page or an XML error message saved as data"),
        "file-too-large": N_("the file weighs {found}; the limit is {expected}"),
        "sheet-too-large": N_(
            "the cells of a sheet span {found} places, of which {expected} at most are read: clear "
            "what lies far from the table"
        ),
        "archive-broken": N_("the archive is broken or truncated: {found}"),
        "archive-content": N_("the archive holds no readable layer; found {found}"),
        "archive-unsafe": N_("the archive is not safe to open: {found}"),
        "layer-choice": N_("the file holds several layers ({found}); name one with --layer"),
        "no-rows": N_("the file holds no row"),
        "classes-empty": N_(
            "the file is an empty template of the CNIG standard: {found} hold no row"
        ),
        "class-empty": N_("“{found}” holds no row; the rows of “{expected}” were read as sites"),
        "class-left-out": N_("its {found} rows have no place in the site table and were left out"),
        "plot-orphan": N_(
            "the plot belongs to no site of the file (“{found}”): what it tells was left out"
        ),
        "plots-differ": N_("the plots of the site differ ({found}); read as: {expected}"),
        "friche-left-out": N_(
            "{found} friches are not confirmed on the ground or no longer friches: left out "
            "({expected})"
        ),
        "encoding-guessed": N_("the text is not UTF-8; it was read as {found}"),
        "file-warning": N_("the library that reads the file warns: {found}"),
        "row-cells": N_("the row has {found} cells; expected {expected}, as in the header"),
        "crs-missing": N_(
            "the file declares no coordinate reference system; expected a declared one, "
            "for example {expected}"
        ),
        "crs-standard": N_(
            "the file declares no coordinate reference system; that of its standard, {expected}, "
            "was used"
        ),
        "crs-unknown": N_("the coordinate reference system “{found}” is not known"),
        "crs-unnamed": N_(
            "the coordinate reference system is described (“{found}”), not named; expected a "
            "name, for example {expected}"
        ),
        "crs-mismatch": N_("the coordinate reference system is {found}; expected {expected}"),
        "crs-accuracy": N_(
            "coordinates in {found} are converted within {expected}: the precise grid of "
            "conversion is not installed"
        ),
        "geometry-column": N_("no geometry: expected {expected}; columns found: {found}"),
        "geometry-empty": N_("the geometry is empty or missing"),
        "geometry-invalid": N_("the geometry is invalid: {found}"),
        "geometry-repaired": N_(
            "the geometry was invalid ({found}) and was repaired; its area is unchanged"
        ),
        "geometry-mended": N_("the geometry was invalid ({found}) and was mended"),
        "geometry-type": N_("the geometry is a {found}; expected {expected}"),
        "geometry-curved": N_("the geometry is curved ({found}) and was approximated by segments"),
        "geometry-3d": N_("the geometry has heights; they were dropped"),
        "geometry-buffered": N_(
            "the site is a point; it was drawn as a disc of its declared area ({found} m²)"
        ),
        "point-without-area": N_(
            "the site is a point and declares no area; expected {expected}, or a polygon"
        ),
        "coordinates-swapped": N_(
            "the coordinates ({found}) fall outside the territory and inside it once swapped: "
            "longitude and latitude are likely exchanged"
        ),
        "coordinates-range": N_(
            "the coordinates ({found}) are out of the range of {expected}: declare the "
            "coordinate reference system they are in"
        ),
        "crs-doubtful": N_(
            "the coordinates ({found}) fall outside the territory, and inside it if they are in "
            "{expected}: the declared coordinate reference system is likely wrong"
        ),
        "places-left-out": N_(
            "{found} rows have no place in metropolitan France and were left out"
        ),
        "outside-territory": N_("the site lies outside the territory ({expected})"),
        "partly-outside": N_("{found} of the site lie outside the territory and are not counted"),
        "column-missing": N_("the column is missing; columns found: {found}"),
        "column-unknown": N_("the column is not part of the site table and was left out"),
        "column-twice": N_("several columns mean the same ({found}); “{expected}” was read"),
        "value-missing": N_("a value is required"),
        "value-type": N_("“{found}” is not {expected}"),
        "value-range": N_("{found} is out of range; expected {expected}"),
        "value-length": N_("“{found}” does not have {expected} characters (lost zeros?)"),
        "value-choice": N_("“{found}” is not one of {expected}"),
        "value-unmapped": N_("“{found}” has no equivalent in the site table: left unknown"),
        "communes-elsewhere": N_(
            "none of its {found} communes lies in the départements of the territory ({expected}): "
            "import a file that covers it, or use this one no more (siting data forget)"
        ),
        "commune-resolved": N_(
            "“{found}” is the name of a commune: its code, {expected}, was taken"
        ),
        "commune-ambiguous": N_(
            "several communes bear the name “{found}”, none was taken: give the code, or the "
            "département after the name ({expected})"
        ),
        "confidentiality-assumed": N_(
            "the file tells who may see its sites, but not for this one: “{found}” was assumed"
        ),
        "id-missing": N_("the row has no identifier: “{found}” was made from its position"),
        "id-duplicate": N_("the identifier “{found}” is used by several rows ({expected})"),
        "id-generated": N_("the file has no identifiers; they were made from the row numbers"),
        "area-mismatch": N_(
            "the declared gross area ({found} m²) and the drawn one ({expected} m²) differ by "
            "more than 5 %; the drawn one counts"
        ),
        "area-unit": N_(
            "the declared gross area ({found} m²) and the drawn one ({expected} m²) are 10,000 "
            "times apart: hectares and square metres are likely mixed up; the drawn one counts"
        ),
        "area-huge": N_(
            "the site is a point and its declared area is {found} m²; expected at most {expected} "
            "m²: square metres in a column in hectares?"
        ),
        "usable-area": N_(
            "the usable area ({found} m²) is larger than the site ({expected} m²) and is not used"
        ),
        "value-unlikely": N_(
            "{found} is unlikely for a site; expected {expected}: is it in another unit? It is "
            "used as it is"
        ),
        "unit-suspicious": N_("the total is {found}; expected about {expected}: wrong unit?"),
        "sum-mismatch": N_("the parts add up to {found}; expected {expected}"),
        "cache-unwritable": N_(
            "the folder of cached files ({found}) cannot be written; set {expected} to another one"
        ),
        "code-missing": N_("{found} communes of {expected} have no row"),
        "commune-repeated": N_(
            "these communes have several rows: a figure said twice counts once, a zero beside a "
            "figure is none, figures that differ are unknown: {found}"
        ),
        "store-empty": N_("no file is in use in the local data: “{found}” cannot be forgotten"),
        "layer-unknown": N_("there is no layer named “{found}”; expected one of {expected}"),
        "zero-unknown": N_("{found} rows hold a zero that no measure made: read as unknown"),
        "feed-incomplete": N_(
            "the feed has no {found}, without which departures cannot be counted; it has {expected}"
        ),
        "feed-dangling": N_("{found} rows name what {expected} does not have and were left out"),
        "feed-no-day": N_("no service runs on a working day from {found}"),
        "cog-unmatched": N_(
            "neither the passage table nor their own code leads these communes to the territory "
            "({expected}): {found}"
        ),
        "cog-vintage": N_(
            "the table has the codes of several years: tell the one to leave from, one of "
            "{expected}; found “{found}”"
        ),
        "cog-weight": N_(
            "the commune was split into {expected}; to share it out, each needs a weight, not "
            "negative, and one above zero: none for {found}"
        ),
        "roads-none": N_("none of its {found} segments can be driven by car"),
        "roads-excluded": N_(
            "{found} of {expected} segments are not driven by car (paths, ferries, private or "
            "closed roads) and were left out"
        ),
        "roads-cut-off": N_(
            "{found} of {expected} segments are cut off from the rest of the network (islands, "
            "dead ends of one-way streets) and were left out"
        ),
        "roads-speed": N_(
            "{found} of {expected} segments tell no speed: that of their nature and importance was "
            "used, a working hypothesis"
        ),
        "network-foreign": N_(
            "the file is no road network made by siting data roads; columns found: {found}"
        ),
        "network-version": N_(
            "the road network is of version {found} of its format; expected {expected}: make it "
            "again with siting data roads"
        ),
        "network-nodes": N_(
            "{found} of the {expected} nodes of the road network are left by no edge"
        ),
        "network-places": N_("the node {found} of the road network has two places"),
        "net-overlap": N_("two files tell the changes of the commune {found} in {expected}"),
        "raster-unsuitable": N_("the raster has {found}; expected {expected}"),
        "layer-contract": N_("the layer breaks its contract: {found}"),
        "files-elsewhere": N_("files of départements outside the territory, not read: {found}"),
        "departement-unclear": N_(
            "its département ({found}) must be known, in the territory, and that of this file only"
        ),
        "vintage-unclear": N_(
            "the codes found ({found}) have two meanings, before 2018 and since: tell the vintage, "
            "for example in the name of the file (OCS_2017.tif)"
        ),
        "scot-several": N_(
            "the commune {found} is in several opposable SCoT ({expected}): left without any"
        ),
        "planning-from-zones": N_(
            "the planning stage of {found} sites, which the file does not tell, is estimated from "
            "the zones of {expected}"
        ),
        "pene-commune": N_(
            "the site lies in a commune concerned by a project of national scale ({found}); that "
            "exempts it from nothing: only the order that names the project does"
        ),
        "scot-nowhere": N_("no commune is in the perimeter of {found}"),
        "years-unclear": N_("neither its columns nor its name ({found}) tell the two years"),
        "cover-overlap": N_(
            "the polygons of the land cover overlap: {found} m² of them in a place of {expected} m²"
        ),
        "layer-missing": N_("the layer “{found}” is not available; expected {expected}"),
    }
)


def printable(text: str) -> str:
    r"""Return a text of a file without what would command the terminal that shows it.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        The text, each control character replaced.

    Examples
    --------
    >>> printable("a\x1b[2Jb")
    'a�[2Jb'
    """
    return "".join("\ufffd" if unicodedata.category(c) == "Cc" else c for c in text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, or worth telling, in what a user gave.

    Parameters
    ----------
    code
        Stable identifier, a key of a message table.
    message
        English message with ``{found}`` and ``{expected}`` placeholders.
    file, row, field
        Where: file name, 1-based position of the row in the file, column or key.
    found, expected
        What was found and what is expected, already readable.
    severity
        ``error`` rejects the row or file; ``warning`` is only told.
    """

    code: str
    message: str
    file: str | None = None
    row: int | None = None
    field: str | None = None
    found: str = ""
    expected: str = ""
    severity: Severity = "error"

    def text(self, translate: Callable[[str], str] = lambda message: message) -> str:
        """Return the message alone, in the language of ``translate``.

        Parameters
        ----------
        translate
            Turns an English message into the language wanted; English by default.

        Returns
        -------
        str
            The message with what was found and expected.

        Examples
        --------
        >>> problem("value-type", found="douze", expected="a number").text()
        '“douze” is not a number'
        """
        return translate(self.message).format(
            found=translate(self.found) if self.found else "",
            expected=translate(self.expected) if self.expected else "",
        )

    def line(self, translate: Callable[[str], str] = lambda message: message) -> str:
        """Return the message with its place and code, on one line.

        Parameters
        ----------
        translate
            Turns an English message into the language wanted; English by default.

        Returns
        -------
        str
            File, row and field where they are known, the message, the code.

        Examples
        --------
        >>> problem("no-rows", file="sites.gpkg").line()
        'sites.gpkg: the file holds no row [no-rows]'
        """
        where = [self.file] if self.file else []
        if self.row is not None:
            where.append(translate("row {row}").format(row=self.row))
        if self.field:
            where.append(translate("field “{field}”").format(field=self.field))
        text = f"{self.text(translate)} [{self.code}]"
        if not where:
            return printable(text)
        return printable(translate("{place}: {text}").format(place=", ".join(where), text=text))


_PLACES = (N_("row {row}"), N_("field “{field}”"), N_("{place}: {text}"))


def problem(
    code: str,
    *,
    file: str | None = None,
    row: int | None = None,
    field: str | None = None,
    found: object = "",
    expected: object = "",
    severity: Severity = "error",
    messages: Mapping[str, str] = MESSAGES,
) -> Problem:
    """Build the problem of a known ``code``.

    Parameters
    ----------
    code
        A key of ``messages``.
    file, row, field, found, expected, severity
        As in :class:`Problem`; ``found`` and ``expected`` are turned into text.
    messages
        The table of messages the code belongs to.

    Returns
    -------
    Problem
        The problem.

    Raises
    ------
    KeyError
        If the code is in no table: a defect of the caller.
    """
    return Problem(code, messages[code], file, row, field, str(found), str(expected), severity)


@dataclass(eq=False)
class SitingError(Exception):
    """Base of every exception of the product.

    Parameters
    ----------
    problems
        All that was found wrong, at once.
    """

    problems: tuple[Problem, ...] = field(default=())
    exit_status: ClassVar[int] = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(p.line() for p in self.problems))

    def __reduce__(self) -> tuple[type[SitingError], tuple[tuple[Problem, ...]]]:
        """Go from a worker process to the one that tells the user."""
        return type(self), (self.problems,)


class LayerError(SitingError):
    """A file or table that cannot be used as a layer."""
