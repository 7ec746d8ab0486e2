"""P10: an independent cascade, one coin per link."""

import json

from session import CommandFailed, Unavailable
from workloads import cascade

PROBABILITY = 0.05


def measure(context):
    path = context.session.out / f"independent-cascade-{context.label}.json"
    path.write_text(json.dumps({"model": {"independent_cascade": {"probability": PROBABILITY}}}) + "\n")
    try:
        return cascade.measure(context, "independent", None, "--scenario", path)
    except CommandFailed as error:
        if "independent_cascade" in error.stderr:
            raise Unavailable("not available in this build: scenarios have no "
                              "model.independent_cascade") from error
        raise
