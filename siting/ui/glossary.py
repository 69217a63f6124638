"""Words of the field, and how figures are made, in a few sentences each."""

from __future__ import annotations

from typing import Final

from layers.errors import N_

GLOSSARY: Final[tuple[tuple[str, str], ...]] = (
    (
        "Artificialisation nette",
        N_(
            "Net artificialisation: land artificialised less land given back to nature over a "
            "period. It is what the law counts from 2031 on; before, it counts ENAF consumption. "
            "The two measures never add up."
        ),
    ),
    (
        "ENAF",
        N_(
            "Natural, agricultural and forest land (espaces naturels, agricoles et forestiers). "
            "Its consumption is the creation or extension of urbanised land."
        ),
    ),
    (
        "EPCI",
        N_(
            "Group of communes with its own taxation: communauté de communes, communauté "
            "d’agglomération, communauté urbaine or métropole."
        ),
    ),
    (
        "Friche",
        N_(
            "Brownfield: built or unbuilt property that is no longer used and cannot be used "
            "again without works. Already urbanised, it takes nothing from a budget, except where "
            "its land is agricultural or forest."
        ),
    ),
    (
        "FRR",
        N_(
            "France ruralités revitalisation: communes classified for their low density and "
            "income, where firms have tax relief."
        ),
    ),
    (
        "Garantie communale",
        N_(
            "Commune guarantee: at least one hectare of consumption for a commune covered by a "
            "planning document in time, which communes may pool in their EPCI."
        ),
    ),
    (
        "PENE",
        N_(
            "Projects of major national or European interest: what they consume is counted in a "
            "national envelope, not on the commune."
        ),
    ),
    (
        "PER",
        N_(
            "Projects of regional scope (projets d’envergure régionale): what they consume is "
            "pooled between the territories of the region."
        ),
    ),
    (
        "PLU(i)",
        N_("Local planning document of a commune or of an EPCI: it says what land may be built."),
    ),
    (
        "SCoT",
        N_(
            "Plan of a large living area: it shares out the effort of sobriety between the "
            "territories it covers, within that of the SRADDET."
        ),
    ),
    (
        "Site clé en main",
        N_(
            "Turnkey site: industrial land whose procedures and studies are done in advance, so "
            "that a firm may start works soon."
        ),
    ),
    (
        "SRADDET",
        N_("Regional plan: it sets the effort of sobriety of the region and shares it out."),
    ),
    (
        "Trajectoire",
        N_(
            "Trajectory: consumption year by year against the budget of the period. The even pace "
            "is an indication, not law."
        ),
    ),
    (
        "ZAN",
        N_(
            "Zéro artificialisation nette: no net artificialisation in 2050, and half the "
            "consumption of ENAF in 2021-2030 against 2011-2020 (loi Climat et résilience of 22 "
            "August 2021)."
        ),
    ),
    (
        "Zone d’emploi",
        N_("Area of INSEE in which most of those employed both live and work."),
    ),
)
"""French term and its definition (an English gettext identifier), by term."""

METHODS: Final[tuple[tuple[str, str], ...]] = (
    (
        N_("Land of a site"),
        N_(
            "The area of each land-cover class is measured inside the outline of the site, pixels "
            "cut by it included in proportion. What is not artificialised counts as ENAF by the "
            "classes of the rule set."
        ),
    ),
    (
        N_("Score"),
        N_(
            "Each measure becomes a value from 0 to 1 by fixed breakpoints, whatever the other "
            "sites; the score is the weighted mean of the known values, times 100. What is not "
            "known is left out and told, never read as zero."
        ),
    ),
    (
        N_("Reliability"),
        N_("Share of the weight of the criteria that is known for the site."),
    ),
    (
        N_("Budget"),
        N_(
            "Consumption of the reference years × (1 − rate). The rate is that of the planning "
            "document that binds the territory, else that of the rule set. Areas are whole square "
            "metres, so that territories add up exactly."
        ),
    ),
    (
        N_("Verdict"),
        N_(
            "What the site takes is compared with what remains of the budget of each EPCI it lies "
            "in, from the year its works start. The band of 20 % beyond the budget is a legal "
            "risk: shown, never added."
        ),
    ),
    (
        N_("Classes of the map"),
        N_(
            "The share of the budget has fixed classes. Other indicators are cut in classes of "
            "about as many territories each (quantiles), at rounded limits; what is unknown is "
            "hatched."
        ),
    ),
)
"""Title and text (English gettext identifiers) of what is computed."""
