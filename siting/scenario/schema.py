"""JSON schema of scenario files, for editors and other programs."""

from __future__ import annotations

import json

from siting.scenario.model import Scenario


def schema_json() -> str:
    """Return the JSON schema of a complete scenario, generated from the models.

    Returns
    -------
    str
        JSON text ending in a newline, as committed in ``scenarios/schema.json``.
    """
    schema = Scenario.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["extends"] = {
        "description": "Name of a shipped scenario or path of a file, relative to this one, "
        "of which this file gives only the keys it changes; the rules on required keys hold "
        "for the whole.",
        "title": "Extends",
        "type": "string",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
