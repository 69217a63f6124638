"""The rules of the account, where each is applied, and those that are not and why.

``docs/rules.md`` is written from this table and from the tests marked ``rule``; a rule that is
applied without a test fails the build.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from layers.errors import N_


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """One rule of land sobriety.

    Parameters
    ----------
    id
        Its number.
    title
        What it says, an English gettext identifier.
    source
        Text it comes from, in French.
    applied
        Dotted names of what applies it; none where it is not applied.
    note
        What is done with it where that needs saying, an English gettext identifier; required
        where it is not applied.
    """

    id: str
    title: str
    source: str
    applied: tuple[str, ...] = ()
    note: str = ""


_LAW = "Loi 2021-1104, art. 194"

RULES: Final[tuple[AppliedRule, ...]] = (
    AppliedRule(
        "R1",
        N_("Reference of ten years (2011-2020) and first period of ten years (2021-2030)"),
        f"{_LAW}, III 1°",
        ("siting.zan.ruleset.Ruleset", "siting.zan.account.observed_ledger"),
    ),
    AppliedRule(
        "R2",
        N_("ENAF consumption and net artificialisation never mix; local figures are allowed"),
        f"{_LAW}, III 2° et 5° ; C. urb. L. 101-2-1",
        ("siting.zan.ledger.Ledger.check_measure", "siting.zan.local_figures.local_entries"),
    ),
    AppliedRule(
        "R3",
        N_("Land is consumed at the effective start of works, whatever the zoning"),
        "C. urb. R. 101-1, II ; CE, 24 juillet 2025, n° 492005",
        ("siting.zan.account.Rules.year_of",),
    ),
    AppliedRule(
        "R4",
        N_("Land cover that counts as ENAF"),
        "C. urb. R. 101-1, annexe (décret 2023-1096)",
        ("siting.measure.land_take",),
        N_("the classes are those of each rule set; minimum areas are those of the land cover"),
    ),
    AppliedRule(
        "R5",
        N_("Land cover and use of OCS GE that are artificialised"),
        "C. urb. R. 101-1, annexe (décret 2023-1096)",
        ("layers.ocs_ge.is_artificialised", "layers.flows.yearly_flows"),
        N_("the delivered field is preferred to the matrix, which ignores minimum areas"),
    ),
    AppliedRule(
        "R6",
        N_("Budget = reference × (1 − rate); PLU(i) over SCoT over SRADDET over the default"),
        f"{_LAW}, III 3°",
        ("siting.zan.budget.commune_rates", "siting.zan.budget.share_out"),
    ),
    AppliedRule(
        "R7",
        N_("Regions share the national envelope pro rata of their objective"),
        "Arrêté du 31 mai 2024 (JO du 9 juin 2024)",
        ("siting.zan.pene.regional_rates", "siting.opening.chosen_ruleset"),
    ),
    AppliedRule(
        "R8",
        N_("Listed national projects are charged to the national envelope"),
        f"{_LAW}, III 7° ; arrêté du 31 mai 2024, annexe I",
        ("siting.zan.account.uncharged", "siting.zan.corrections.correction_entries"),
    ),
    AppliedRule(
        "R9",
        N_("Guarantee of one hectare to communes with a planning document"),
        f"{_LAW}, III 3° bis",
        ("siting.zan.guarantee.apply_guarantee",),
        N_("both readings of the cap of 2 ha are offered: the text was not read"),
    ),
    AppliedRule(
        "R10",
        N_("Projects of regional scope are pooled inside the budget of the region"),
        "C. urb. L. 141-8, 6° ; décret 2023-1097",
        ("siting.zan.envelopes.set_aside_m2", "siting.zan.corrections.correction_entries"),
    ),
    AppliedRule(
        "R11",
        N_("Criteria of territorialisation"),
        "C. urb. L. 141-8 ; CGCT R. 4251-3",
        note=N_("not computed: it is for the authors of documents; their targets are imported"),
    ),
    AppliedRule(
        "R12",
        N_("Deadlines and sanctions of planning documents"),
        f"{_LAW}, IV",
        note=N_(
            "not computed: where no document sets an objective, the default rate of the rule set "
            "applies (IV 5°)"
        ),
    ),
    AppliedRule(
        "R13",
        N_("ENAF is opened only once the urbanised land that can be used is shown to be"),
        "C. urb. L. 151-5",
        note=N_("not checked: it is a study of the PLU; brownfields are preferred by the score"),
    ),
    AppliedRule(
        "R14",
        N_("The 20 % band is a legal risk that is told, never added"),
        "Circulaire du 31 janvier 2024 ; CE, 24 juillet 2025, n° 493126",
        ("siting.zan.verdict.assess", "siting.zan.trajectory.Trajectory.band_end_m2"),
    ),
    AppliedRule(
        "R15",
        N_("Building on a brownfield already urbanised consumes nothing"),
        "C. urb. L. 111-26 et D. 111-54",
        ("siting.measure.land_take",),
    ),
    AppliedRule(
        "R16",
        N_("Densification inside urbanised land consumes nothing"),
        "C. urb. R. 101-1, annexe",
        ("siting.measure.land_take",),
    ),
    AppliedRule(
        "R17",
        N_("Effective renaturation may be deducted before 2031"),
        f"{_LAW}, III 5° (loi 2023-630)",
        ("siting.zan.corrections.correction_entries", "siting.zan.budget.to_give_m2"),
        N_(
            "no text read caps it; above what is consumed, it is told and cannot be handed over: a "
            "cap would change no verdict"
        ),
    ),
    AppliedRule(
        "R18",
        N_("Ground photovoltaics that keep the land are not counted"),
        "Décret 2023-1408",
        ("siting.zan.corrections.correction_entries",),
    ),
    AppliedRule(
        "R19",
        N_("Photovoltaics on forest are counted"),
        f"{_LAW}, III 5°",
        ("siting.zan.corrections.correction_entries",),
    ),
    AppliedRule(
        "R20",
        N_("Photovoltaics seen as urbanised by the observatory are deducted by hand"),
        "FAQ de l'observatoire, octobre 2024",
        ("siting.zan.corrections.correction_entries",),
    ),
    AppliedRule(
        "R21",
        N_("Quarries are left out by the observatory: nothing more is deducted"),
        "Cerema, fichiers fonciers",
        ("siting.zan.corrections.CorrectionType",),
    ),
    AppliedRule(
        "R22",
        N_("Farm buildings that the observatory missed are added by hand"),
        "Cerema, fichiers fonciers",
        ("siting.zan.corrections.correction_entries",),
    ),
    AppliedRule(
        "R23",
        N_("Temporary works have no exemption"),
        "C. urb. R. 101-1, annexe, 5°",
        ("siting.zan.corrections.CorrectionType",),
    ),
    AppliedRule(
        "R24",
        N_("Land to be renatured after coastal retreat may be deducted early"),
        f"{_LAW}, III 5° (loi 2023-630)",
        ("siting.zan.corrections.correction_entries",),
        N_("the list of communes is not embedded: the evidence must name it"),
    ),
    AppliedRule(
        "R25",
        N_("A ZAC is counted progressively, or whole at its works start"),
        "Circulaire du 31 janvier 2024",
        ("siting.zan.zac.zac_entries",),
    ),
    AppliedRule(
        "R26",
        N_("What remains = budget − what is used, each deduction on its evidence"),
        f"{_LAW}, III",
        ("siting.zan.budget.commune_budgets", "siting.zan.budget.sum_budgets"),
    ),
    AppliedRule(
        "R27",
        N_("Proposals are scenarios that cannot be taken for the law"),
        "Décision 2026-903 DC du 21 mai 2026 ; loi 2026-403",
        ("siting.zan.ruleset.parse_ruleset",),
    ),
)
"""Every rule, in the order of their numbers."""
