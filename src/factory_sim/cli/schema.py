"""``factory-sim schema``."""

from factory_sim.cli.output import print_json
from factory_sim.exits import DONE


def schema() -> int:
    """Print the JSON Schema of scenarios, for editors that complete and check YAML.

    Example: factory-sim schema > factory-sim.schema.json
    """
    from factory_sim.scenario import json_schema

    print_json(json_schema())
    return DONE
