#!/usr/bin/env python3
"""Somebody sets the clock of the day: waits of a coordinator, and who is alive, are measured with another."""
import unittest

from rules_test import files, name_of

ROOMS = [f"services/coordinator/{room}"
         for room in ("graphs", "placement", "registry", "runs", "traffic", "workers")]
# For people, for what is kept, and for deadlines of gRPC, which counts them on another clock from then on.
TIMES_OF_DAY = {f"services/coordinator/{name}" for name in (
    "graphs/member_order.cc", "registry/expiry_clock.h", "runs/conductor.cc", "runs/run_conducting.cc",
    "runs/run_creating.cc", "runs/run_ending.cc", "runs/run_expiry.cc", "runs/run_options.h", "runs/runs.cc",
    "traffic/traffic_conductor.cc")}


class ClockTest(unittest.TestCase):
    def test_waits_are_measured_with_a_steady_clock(self):
        told = {name_of(path) for path in files(ROOMS, ".h", ".cc")
                if "absl::Now" in path.read_text(encoding="utf-8")}
        self.assertEqual(told, TIMES_OF_DAY, "SteadyNow is for waits; name files that mean the time of day")


if __name__ == "__main__":
    unittest.main()
