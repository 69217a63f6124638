"""ZAN accounting: rule sets, budgets, ledger, verdicts.

Whole square metres, no geometry, no input or output but the rule sets.
"""
