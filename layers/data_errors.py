"""Problems of the sources of data, of downloads and of the store of local data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from layers.errors import N_, Problem, Severity
from layers.errors import problem as _problem

DATA_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "sources-syntax": N_("the file of sources is not valid TOML: {found}"),
        "sources-invalid": N_("the source is not valid: {found}"),
        "source-unknown": N_("no source or layer is named “{found}”; expected one of {expected}"),
        "source-unverified": N_(
            "the address of “{found}” was never checked; add --unverified to try it"
        ),
        "source-manual": N_("“{found}” cannot be pulled; get it by hand: {expected}"),
        "source-region": N_("“{found}” is published by region; tell which one with --region"),
        "source-not-found": N_("the catalogue of the publisher lists no file like {expected}"),
        "download-status": N_("the server answered {found}"),
        "download-network": N_("the server cannot be reached: {found}"),
        "download-wait": N_("the server asks to wait {found} before another request"),
        "download-cut": N_("the transfer was cut after {found} of {expected} bytes"),
        "download-length": N_("the file weighs {found} bytes; the publisher says {expected}"),
        "download-checksum": N_("the checksum is {found}; the publisher says {expected}"),
        "download-unproved": N_(
            "the server does not tell the length of the file, and nothing in it proves that it "
            "is whole"
        ),
        "download-changed": N_("the file changed on the server while it was downloaded"),
        "download-insecure": N_("the server redirects to an address that is not encrypted"),
        "download-space": N_("the file weighs {expected}; {found} are free on the disk"),
        "content-format": N_("the content is {found}; expected {expected}"),
        "content-truncated": N_("the file is truncated or damaged: {found}"),
        "features-incomplete": N_("the server returned {found} features of {expected}"),
        "features-repeated": N_("the server returned the feature “{found}” twice"),
        "rows-range": N_("the file has {found} rows; expected {expected}"),
        "witness-mismatch": N_("the total is {found}; the published total is {expected}"),
        "store-manifest": N_("the record of the local data cannot be read: {found}"),
        "store-locked": N_("another process is changing the local data; try again later"),
        "store-unwritable": N_(
            "the folder of local data ({found}) cannot be written; set {expected} to another one"
        ),
        "store-altered": N_("the file was altered since it was recorded: import it again"),
        "store-missing": N_("the file is recorded but no longer there: import it again"),
        "import-unrecognised": N_("the file is not one of the layers that can be read: {found}"),
        "import-candidate": N_("not {expected}; columns missing: {found}"),
        "import-sites": N_(
            "it looks like a file of sites: these are not local data, give it to siting check or "
            "siting score"
        ),
        "import-ambiguous": N_("the file could be {found}; tell which with --as"),
        "region-code": N_("“{found}” is no INSEE code of a region: two digits, such as 44"),
        "vintage-year": N_(
            "the vintage “{found}” tells no year; give one, such as 2024 or COG 2025"
        ),
        "region-metropolitan": N_(
            "this source is pulled for the regions of metropolitan France ({expected}); found "
            "{found}"
        ),
        "folder-empty": N_("the folder holds no file; those of its subfolders are not read"),
        "import-folder": N_(
            "a folder is read as one layer: give its files one by one where they are several"
        ),
        "import-part": N_(
            "the layer {found} is published in several parts ({expected}); a file taken alone is "
            "read as the whole: give a folder that holds them all"
        ),
        "import-layers": N_(
            "the file holds several layers and none of them is told apart ({found}): export the "
            "one to use to a file of its own, or unpack the archive and import the folder"
        ),
        "region-communes": N_(
            "the communes of region {found} are not in the local data ({expected}): pull or import "
            "ADMIN EXPRESS first"
        ),
        "archive-library": N_(
            '7z archives are read with an optional library: pip install "siting[archives]"; or '
            "unpack it (7-Zip joins the volumes .001, .002… from the first), then import the file "
            "or the folder that it holds"
        ),
        "archive-volumes": N_(
            "the archive is cut in volumes, some of which are missing ({expected}); found {found}: "
            "put them all in one folder"
        ),
        "parts-missing": N_(
            "the layer is not used: {expected} are held, {found} still to be pulled"
        ),
        "cog-undrawn": N_("communes of the {expected} without outline: {found}"),
        "cog-unlisted": N_("communes that the {expected} does not list: {found}"),
        "local-only": N_(
            "the local communes lie outside the embedded territory: import this layer too"
        ),
    }
)


def data_problem(
    code: str,
    *,
    file: str | None = None,
    row: int | None = None,
    field: str | None = None,
    found: object = "",
    expected: object = "",
    severity: Severity = "error",
) -> Problem:
    """Build the problem of a known ``code`` (see :func:`layers.errors.problem`).

    Parameters
    ----------
    code
        A key of :data:`DATA_MESSAGES`.
    file, row, field, found, expected, severity
        As in :class:`layers.errors.Problem`.

    Returns
    -------
    Problem
        The problem.

    Raises
    ------
    KeyError
        If no message has this code: a defect of the caller.
    """
    return _problem(
        code, file=file, row=row, field=field, found=found, expected=expected,
        severity=severity, messages=DATA_MESSAGES,
    )  # fmt: skip
