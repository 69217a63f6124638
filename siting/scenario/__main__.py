"""Write the JSON schema: ``python -m siting.scenario > scenarios/schema.json``."""

import sys

from siting.scenario.schema import schema_json

sys.stdout.write(schema_json())
