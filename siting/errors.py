"""Every exception of the product: one base, stable codes, exit statuses.

The base and the problems of files live in :mod:`layers.errors`, the lowest
package; this module adds what only siting knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from layers.data_errors import DATA_MESSAGES
from layers.errors import MESSAGES as LAYER_MESSAGES
from layers.errors import N_, LayerError, Problem, Severity, SitingError
from layers.errors import problem as _layer_problem

__all__ = [
    "EXIT_DONE",
    "EXIT_INTERNAL",
    "EXIT_REJECTED_ROWS",
    "EXIT_UNUSABLE",
    "MESSAGES",
    "LayerError",
    "MeasureMismatchError",
    "Problem",
    "RulesetError",
    "ScenarioError",
    "SitingError",
    "problem",
]

EXIT_DONE = 0
EXIT_REJECTED_ROWS = 1
EXIT_UNUSABLE = 2
EXIT_INTERNAL = 3

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        **LAYER_MESSAGES,
        **DATA_MESSAGES,
        "scenario-syntax": N_("the scenario is not valid TOML: {found}"),
        "scenario-key": N_("the key is not known; expected one of {expected}"),
        "scenario-value": N_("{found}; expected {expected}"),
        "scenario-weights": N_("the weights add up to {found}; expected a sum above zero"),
        "scenario-unknown": N_("no scenario is named “{found}”; expected one of {expected}"),
        "scenario-conflict": N_("two overrides set this key: {found}"),
        "scenario-unit": N_("the breakpoints are in {found}; the criterion is in {expected}"),
        "ahp-incomplete": N_("these pairs are not compared: {found}"),
        "ahp-repeated": N_("these pairs are compared twice, or with themselves: {found}"),
        "ahp-conflict": N_(
            "the weight is {found}, and the pairwise judgements of “{expected}” set it too, or "
            "leave it out: keep one of the two"
        ),
        "ahp-inconsistent": N_(
            "the pairwise judgements contradict one another: consistency ratio {found}; expected "
            "{expected} at most"
        ),
        "ruleset-unknown": N_("no rule set is named “{found}”; expected one of {expected}"),
        "ruleset-invalid": N_("the rule set is not valid: {found}"),
        "ruleset-own": N_(
            "a rule set of your own needs its own identifier and cannot be in force; found {found}"
        ),
        "measure-mismatch": N_("{found} and {expected} are two measures and never mix"),
        "committed-year": N_(
            "the works start in {found}; expected {expected}: after what is already observed, "
            "within the period"
        ),
        "rate-or-hectares": N_("a target is a rate or hectares: one of the two, never both"),
        "reference-unknown": N_(
            "the reference of the territory is unknown: hectares cannot be turned into a rate"
        ),
        "guarantee-exceeds": N_(
            "the floors guaranteed to the communes add up to {found}; the region holds {expected}"
        ),
        "scenario-encoding": N_(
            "line {found} of the scenario is not in UTF-8: save the file as text in UTF-8"
        ),
        "scenario-incomplete": N_(
            "keys are missing: {found}; to change a few keys of a shipped scenario only, begin "
            "the file with {expected}"
        ),
        "scot-missing": N_("the scenario gives no SCoT: name their table in zan.scot_file"),
        "envelope-exceeds": N_(
            "the pooled envelopes add up to {found} m²; the region has {expected} m² to set aside"
        ),
        "envelope-region": N_(
            "the territory holds several regions ({expected}): tell whose envelope it is; found "
            "“{found}”"
        ),
        "envelope-missing": N_(
            "the scenario sets no envelope “{found}” for the region: nothing can be taken from it "
            "nor put in it"
        ),
        "evidence-outside": N_(
            "{found} does not count under this rule set and these years ({expected}): left out"
        ),
        "zac-after": N_("{found} m² fall after {expected}: a later period will count them"),
        "guarantee-period": N_(
            "the guarantee of communes is that of {expected} (loi 2021-1104, art. 194): in {found} "
            "it is an assumption of the scenario, no law"
        ),
        "deduction-to-come": N_(
            "{found} m² are deducted in {expected}, which is not observed yet: they count only if "
            "they are effective by then"
        ),
        "correction-local": N_(
            "the year {found} is told by a local figure ({expected}): the deduction belongs in it"
        ),
        "references-rate": N_(
            "these references give a rate of {found}; the rule set expects about {expected}: they "
            "must be those of all the regions with a SRADDET, in hectares"
        ),
        "targets-exceed": N_(
            "the budgets of the communes and envelopes of {found} m² are above the {expected} m² "
            "of the region at its own rate"
        ),
        "ruleset-next": N_("the next rule set starts in {found}; expected after {expected}"),
        "transfer-exceeds": N_("{found} m² are given; {expected} m² remain to the territory"),
        "transfer-unknown": N_(
            "the budget of “{found}” is unknown: nothing can be given or received"
        ),
        "correction-exceeds": N_(
            "{found} m² are deducted; {expected} m² are observed there that year"
        ),
        "correction-unknown": N_(
            "the consumption of “{found}” is unknown: nothing can be deducted from it"
        ),
        "deductions-above": N_(
            "the deductions are {found} m² above the {expected} m² consumed in the period: they "
            "give consumption back, that of sites to come included, and enlarge no budget; what is "
            "above cannot be handed over"
        ),
        "correction-year": N_("the year is {found}; expected {expected}"),
        "correction-refused": N_("this cannot be deducted: {found}; expected {expected}"),
        "local-figure": N_(
            "the years {found} are not whole: the territory has no national figure for them; "
            "expected local figures for {expected}"
        ),
        "local-overlap": N_("two local figures cover the same years: {found}"),
        "references-region": N_(
            "the table of references lacks the region “{found}” of the territory"
        ),
        "references-ruleset": N_(
            "the rule set “{found}” has no national envelope to share between regions; expected "
            "{expected}"
        ),
        "sites-overlap": N_(
            "the sites {found} overlap over {expected}: their land is counted more than once"
        ),
        "sites-withheld": N_("{found} sites that this role may not see were left out: {expected}"),
        "declared-elsewhere": N_(
            "the file says {expected}; the outline, which prevails, lies in {found}"
        ),
        "site-off-roads": N_(
            "no road of the network is within {expected} m of the site: what it reaches by road is "
            "unknown"
        ),
        "sites-missing": N_("the scenario chooses sites that are not in the file: {found}"),
        "territory-unknown": N_("no territory of this level has the code “{found}”"),
        "territory-level": N_("“{found}” is a code of another level: {expected}"),
        "territory-name": N_(
            "no territory of this level has the code “{found}”; names like it: {expected}"
        ),
        "language-unknown": N_("“{found}” is not a language of the product; expected {expected}"),
        "usage": N_("the command cannot be read: {found}"),
        "usage-command": N_("there is no command “{found}”; expected one of {expected}"),
        "usage-extra": N_("nothing is expected after the last argument; found {found}"),
        "usage-flag": N_("the option {found} takes no value"),
        "usage-invalid": N_("the value is not valid: {found}"),
        "usage-missing": N_("{found} is required"),
        "usage-no-command": N_("a command is required: one of {expected}"),
        "usage-option": N_("there is no option “{found}”"),
        "usage-option-close": N_("there is no option “{found}”; close to it: {expected}"),
        "usage-value": N_("the option {found} needs a value"),
        "data-folder": N_("name the folder of local data after --data"),
        "until-range": N_("the year {found} is not observed; expected one of {expected}"),
        "output-input": N_("the result would replace the file of sites; name another file"),
        "output-format": N_("“{found}” is not a format of results; expected one of {expected}"),
        "output-folder": N_("the folder “{found}” does not exist"),
        "cnig-withheld": N_(
            "{found} sites that are not public were not written: the standard cannot say so"
        ),
        "cnig-lost": N_("known for {found} sites, but the standard has no field for it"),
        "cnig-lacking": N_(
            "the standard requires fields that are not all known, left empty: {found}"
        ),
        "output-batch": N_(
            "“{found}” is not a folder of batches: name a folder that does not exist yet, or an "
            "empty one"
        ),
        "output-other-run": N_(
            "the folder holds the result of another run ({found} differs): name another folder"
        ),
        "output-busy": N_(
            "another process is writing in the folder: wait for it to end, or name another folder"
        ),
        "output-stopped": N_(
            "the result cannot be written ({found}): what is finished is kept, and {expected} goes "
            "on from there"
        ),
        "worker-differs": N_(
            "a worker does not see what the run began with ({found} differs): the program, its "
            "libraries, the layers and the paths must be the same everywhere, and not change on "
            "the way"
        ),
        "output-exists": N_(
            "the folder holds the beginning of this run: finish it with {expected}, or name "
            "another folder"
        ),
        "batch-folder": N_("batches are written to a folder: name it with --out"),
        "batch-format": N_("the result of batches is a folder; found {found}"),
        "workers-lost": N_(
            "worker processes ended {found} times without finishing anything (killed, or out of "
            "memory); what is done is kept"
        ),
        "dask-missing": N_("Dask is not installed; expected {expected}"),
        "dask-unreachable": N_("no Dask scheduler answers at {found}"),
        "output-unwritable": N_("the result cannot be written: {found}"),
    }
)


class ScenarioError(SitingError):
    """A scenario that cannot be used."""


class RulesetError(SitingError):
    """A rule set that is unknown or not valid."""


class MeasureMismatchError(SitingError):
    """Two measures of land (ENAF consumption, net artificialisation) were mixed."""

    exit_status: ClassVar[int] = EXIT_INTERNAL


def problem(
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
        A key of :data:`MESSAGES`.
    file, row, field, found, expected, severity
        As in :class:`layers.errors.Problem`.

    Returns
    -------
    Problem
        The problem.

    Raises
    ------
    KeyError
        If no message has this code.
    """
    return _layer_problem(
        code, file=file, row=row, field=field, found=found, expected=expected,
        severity=severity, messages=MESSAGES,
    )  # fmt: skip
