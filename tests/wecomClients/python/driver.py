"""Answers the calls of ../driver.ts: a JSON line for each JSON line."""

import json
import sys
import traceback


def serve(calls):
    """Runs the named function for each line. A name without a function is a call that the client lacks."""
    for line in sys.stdin:
        request = json.loads(line)
        call = calls.get(request["call"])
        if call is None:
            answer = {"absent": True}
        else:
            try:
                answer = {"value": call(request["with"])}
            except Exception as error:  # Whatever the client raises is the result.
                traceback.print_exc()
                answer = {"error": f"{type(error).__name__}: {error}"}
        # The client may print lines of its own.
        print("@@" + json.dumps(answer), flush=True)
