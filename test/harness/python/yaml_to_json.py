"""Prints a YAML file as JSON, with anchors and merges resolved: yaml_to_json.py FILE."""

import json
import sys

from ruamel.yaml import YAML

with open(sys.argv[1]) as file:
    print(json.dumps(YAML(typ="safe").load(file)))
