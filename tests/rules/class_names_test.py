#!/usr/bin/env python3
"""Two classes of one name in one program are one to the linker, which takes the functions of either."""
import re
import unittest

from rules_test import blanked, files, name_of


def classes(path):
    """(namespace, name) of every class that a header defines outside of others."""
    text = blanked(path.read_text(encoding="utf-8"))
    namespace = re.search(r"^namespace ([\w:]+) \{", text, re.M)
    for found in re.finditer(r"^(?:class|struct) (\w+)(?: final)?(?: :[^;{]*)? \{", text, re.M):
        yield namespace and namespace[1], found[1]


class ClassNamesTest(unittest.TestCase):
    def test_a_namespace_has_a_class_once(self):
        places = {}
        for path in files(["engine", "services", "bench", "tests"], ".h"):
            for found in classes(path):
                places.setdefault(found, set()).add(name_of(path))
        self.assertGreater(len(places), 100)
        twice = [f"{name}: {' and '.join(sorted(at))}" for (_, name), at in places.items() if len(at) > 1]
        self.assertEqual(twice, [])


if __name__ == "__main__":
    unittest.main()
