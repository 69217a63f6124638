"""Register of the rules of eligibility: their effect, sentence and legal reference."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from siting.eligibility import rules
from siting.eligibility.model import Rule

_CATCHMENT_LAW: Final = "C. santé publ., L. 1321-2 et R. 1321-13"

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            Rule(
                "site-too-small",
                "exclusion",
                N_("the site covers {concerned_ha} ha, less than the minimum of {minimum_ha} ha"),
                "",
                rules.too_small,
            ),
            Rule(
                "site-protected",
                "exclusion",
                N_("{concerned_ha} ha of the site ({percent} %) lie in {kind} ({names})"),
                "",
                rules.protected,
            ),
            Rule(
                "site-risk-closed",
                "exclusion",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie where the risk plan "
                    "({risk}: {names}) forbids to build"
                ),
                "",
                rules.risk_closed,
            ),
            Rule(
                "site-catchment-closed",
                "exclusion",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie in the immediate protection "
                    "perimeter of a drinking-water catchment ({names})"
                ),
                _CATCHMENT_LAW,
                rules.catchment_closed,
            ),
            Rule(
                "site-not-serviceable",
                "exclusion",
                N_("the {concerned_ha} ha of the site cannot be serviced ({stage})"),
                "C. urb., L. 111-11",
                rules.not_serviceable,
            ),
            Rule(
                "site-sold",
                "exclusion",
                N_("the {concerned_ha} ha of the site are sold ({stage})"),
                "",
                rules.sold,
            ),
            Rule(
                "site-partly-protected",
                "condition",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie in {kind} ({names}): to be "
                    "avoided, or its effects assessed"
                ),
                "",
                rules.protected_in_part,
            ),
            Rule(
                "site-risk-ruled",
                "condition",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie in a zone of the risk plan "
                    "({risk}: {names}) whose rules apply"
                ),
                "",
                rules.risk_in_part,
            ),
            Rule(
                "site-catchment-ruled",
                "condition",
                N_(
                    "{concerned_ha} ha of the site ({percent} %) lie in a protection perimeter "
                    "({perimeter}) of a drinking-water catchment ({names}): what may pollute is "
                    "forbidden or ruled there"
                ),
                _CATCHMENT_LAW,
                rules.catchment_ruled,
            ),
            Rule(
                "site-water-scarce",
                "condition",
                N_(
                    "the {concerned_ha} ha of the site lie in a water scarcity zone (ZRE): lower "
                    "thresholds for the authorisation of abstractions"
                ),
                "C. env., R. 211-71 à R. 211-74 et R. 214-1 (rubrique 1.3.1.0)",
                rules.water_scarce,
            ),
            Rule(
                "site-sewage-full",
                "condition",
                N_(
                    "the {concerned_ha} ha of the site lie in a commune whose sewage plants have "
                    "no capacity left: treatment to be found first"
                ),
                "C. urb., L. 111-11 et R. 111-8",
                rules.sewage_full,
            ),
            Rule(
                "site-zone-closed",
                "condition",
                N_(
                    "the {concerned_ha} ha of the site lie in a zone {zone} of the planning "
                    "document, to be changed or made compatible with the project first"
                ),
                "",
                rules.zone_closed,
            ),
            Rule(
                "site-zone-to-open",
                "condition",
                N_(
                    "the {concerned_ha} ha of the site lie in a zone {zone}, to be opened first "
                    "by a change of the planning document"
                ),
                "C. urb., R. 151-20, L. 153-31 et L. 153-38",
                rules.zone_to_open,
            ),
            Rule(
                "site-reserved",
                "condition",
                N_("the {concerned_ha} ha of the site are not free to sell ({stage})"),
                "",
                rules.reserved,
            ),
        )
    }
)
"""Every rule by code, in the order told."""
