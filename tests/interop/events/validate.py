"""Validates events by their schemas with jsonschema.

Reads {"schemas": {type: schema}, "cases": [{"name", "event"}]} from standard input, and writes
{"outcomes": [{"name", "accepted", "reason"}]} to standard output.
"""

import json
import sys

from jsonschema import Draft4Validator


def outcome(case, schemas):
    schema = schemas[case["event"]["detail-type"]]
    validator = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    reasons = [error.message for error in validator.iter_errors(case["event"])]
    return {"name": case["name"], "accepted": not reasons, "reason": "; ".join(reasons)}


trial = json.load(sys.stdin)
for schema in trial["schemas"].values():
    Draft4Validator.check_schema(schema)
json.dump({"outcomes": [outcome(case, trial["schemas"]) for case in trial["cases"]]}, sys.stdout)
