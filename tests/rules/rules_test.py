#!/usr/bin/env python3
"""Rules about the source that a machine can check: layers, sizes, lists, guards, comments.

    rules_test.py [--format] [ROOT]

Prints every violation with its file and line. Needs nothing but Python 3; looks at files only. With --format it
also asks clang-format, whose versions do not agree: only where the one in use is known.
"""
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

CHECK_FORMAT = "--format" in sys.argv[1:2] and bool(sys.argv.pop(1))
ROOT = Path(sys.argv.pop(1) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
SOURCE_FOLDERS = ["engine", "services", "tests", "bench"]

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
HEADER_LINES_MAX = 150
# Files that may be longer, each with its reason.
LONGER_FILES = {}

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md",
             "proto", "services", "engine", "deploy", "bench", "tests"}
# Made by a build or a run; never committed.
UNTRACKED_TOP_LEVEL = {"build", "data"}

BELOW_COORDINATOR = {"engine/base", "engine/graph", "engine/store", "engine/spread", "services/common",
                     "services/common/json", "services/server"}


def rooms(house, below, order):
    """Folders of `house` -> what they may include: what is below it, and the rooms that are named beside."""
    return {f"{house}/{room}": below | {f"{house}/{other}" for other in others.split()}
            for room, others in order.items()}


COORDINATOR = rooms("services/coordinator", BELOW_COORDINATOR, {
    "access": "",
    "registry": "",
    "statistics": "",
    "workers": "registry",
    "graphs": "registry workers",
    "plan": "graphs statistics",
    "placement": "graphs registry workers",
    "runs": "graphs plan registry statistics workers",
    "traffic": "graphs plan registry runs workers",
    "what_if": "graphs plan registry runs statistics workers",
})
BELOW_WORKER = {"engine/base", "engine/graph", "engine/store", "engine/spread", "services/common", "services/server"}
WORKER = rooms("services/worker", BELOW_WORKER, {
    "shards": "",
    "runs": "shards",
})
CLI = rooms("services/cli", {"engine/base", "engine/graph", "services/common", "services/common/json",
                             "services/coordinator/access", "services/coordinator/plan",
                             "services/coordinator/what_if"}, {
    "connection": "",
    "scenarios": "",
    "files": "connection scenarios",
    "text": "files",
    "page": "files text",
    "commands": "connection files page scenarios text",
})
# Folder -> folders of ours that it may include, itself apart.
LAYERS = {
    "engine/base": set(),
    "engine/graph": {"engine/base"},
    "engine/store": {"engine/base", "engine/graph"},
    "engine/spread": {"engine/base", "engine/graph", "engine/store"},
    "services/common": {"engine/base", "engine/graph", "engine/store", "engine/spread"},
    "services/common/json": {"engine/base"},
    "services/server": {"engine/base", "services/common"},
    **WORKER,
    "services/worker": {*WORKER, *BELOW_WORKER},
    **COORDINATOR,
    "services/coordinator": {*COORDINATOR, *BELOW_COORDINATOR},
    **CLI,
    # A kept cluster is a coordinator and workers, started by the command line itself.
    "services/cli/connection": {*CLI["services/cli/connection"], "services/coordinator", "services/worker"},
    "services/cli": {"services/common", "services/cli/commands", "services/cli/connection"},
}
# Generated from proto/: seen by services, and by tests of services.
GENERATED = re.compile(r"^(lawine|google/rpc|grpc/reflection)/.*\.pb\.h$")
SEES_GENERATED = ("services/", "tests/services/", "tests/cluster/", "tests/cli/", "bench/services/",
                  "bench/load/")
OUTSIDE_ENGINE = re.compile(r"^(grpc|grpcpp|google/protobuf|google/rpc|lawine|services|spdlog|CLI|nlohmann|rocksdb)/")
ROCKSDB_USERS = {"engine/store/rocks_copies.cc", "engine/store/rocks_database.cc", "engine/store/rocks_database.h",
                 "engine/store/rocks_run_states.cc", "engine/store/rocks_shard.cc", "engine/store/rocks_shard.h",
                 "engine/store/rocks_shard_database.h", "engine/store/rocks_status.cc", "engine/store/rocks_status.h", "engine/store/rocks_store.cc",
                 "services/coordinator/registry/registry_store.cc"}

# What the build asks for -> the Debian package that has it.
PACKAGES = {
    "absl": "libabsl-dev", "benchmark": "libbenchmark-dev", "chart.min.js": "libjs-chart.js", "CLI11": "libcli11-dev", "GTest": "libgtest-dev",
    "grpc++": "libgrpc++-dev", "grpc_cpp_plugin": "protobuf-compiler-grpc", "jemalloc": "libjemalloc-dev",
    "libxxhash": "libxxhash-dev", "libmicrohttpd": "libmicrohttpd-dev", "libzstd": "libzstd-dev", "OpenSSL": "libssl-dev",
    "prometheus-cpp-core": "prometheus-cpp-dev", "nlohmann_json": "nlohmann-json3-dev",
    "PkgConfig": "pkg-config", "Protobuf": "libprotobuf-dev", "Python3": "python3", "rocksdb": "librocksdb-dev",
    "spdlog": "libspdlog-dev", "Threads": "g++", "ZLIB": "zlib1g-dev",
}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def files(folders, *suffixes):
    found = []
    for folder in folders:
        found += [p for p in sorted((ROOT / folder).rglob("*")) if p.is_file() and p.suffix in suffixes]
    return [p for p in found if "__pycache__" not in p.parts]


def sources(*suffixes):
    return files(SOURCE_FOLDERS, *(suffixes or (".h", ".cc", ".inc")))


def text_files():
    everything = files([*SOURCE_FOLDERS, "proto", "deploy"], ".h", ".cc", ".inc", ".py", ".proto", ".txt", ".md",
                       ".sh", ".cmake", ".json", "")
    # In a linked worktree .git is a file, and says where the repository is.
    return everything + [p for p in sorted(ROOT.iterdir()) if p.is_file() and p.name != ".git"]


def numbered(path):
    # Inputs of fuzzers are any bytes.
    return enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1)


def includes(path):
    for number, line in numbered(path):
        match = re.match(r'\s*#include\s+["<]([^">]+)[">]', line)
        if match:
            yield number, match.group(1)


def blanked(text):
    """The text with comments, strings and preprocessor lines replaced by blanks, line for line."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((.*?)\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
                         r'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.DOTALL | re.MULTILINE)
    # A digit separator is no quote.
    text = re.sub(r"(?<=[0-9A-Fa-f])'(?=[0-9A-Fa-f])", "_", text)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


CONTAINER = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def functions(path):
    """(first line, last line) of every function body's definition; lambdas belong to what they stand in."""
    text = blanked(path.read_text(encoding="utf-8"))
    found, stack, head_start, inside = [], [], 0, 0
    lines_before = [0]
    for char in text:
        lines_before.append(lines_before[-1] + (char == "\n"))
    for at, char in enumerate(text):
        if char == "{":
            head = text[head_start:at]
            container = inside == 0 and CONTAINER.search(head) and not re.search(r"\)\s*(const|override|\w+)?\s*$", head)
            body = inside > 0 or ("(" in head and not container)
            first = head_start + len(head) - len(head.lstrip())
            stack.append((bool(body), first))
            inside += bool(body)
            head_start = at + 1
        elif char == "}" and stack:
            body, first = stack.pop()
            inside -= body
            if body and inside == 0:
                found.append((lines_before[first] + 1, lines_before[at] + 1))
            head_start = at + 1
        elif char == ";" and inside == 0:
            head_start = at + 1
    return found


class RulesTest(unittest.TestCase):
    maxDiff = None

    def check(self, violations):
        if violations:
            self.fail(f"{len(violations)} violations\n" + "\n".join(violations))

    def test_layers_are_proved_by_includes(self):
        wrong = []
        for path in sources(".h", ".cc"):
            folder = name_of(path.parent)
            if folder not in LAYERS:
                continue
            for number, header in includes(path):
                target = header.rsplit("/", 1)[0]
                if target.startswith(("engine/", "services/", "tests/", "bench/")) and target != folder:
                    if target not in LAYERS[folder]:
                        wrong.append(f"{name_of(path)}:{number}: {folder} may not include {header}")
        self.check(wrong)

    def test_every_source_folder_is_a_known_layer(self):
        folders = {name_of(p.parent) for p in files(["engine", "services"], ".h", ".cc")}
        self.check([f"{folder}: no layer; add it to LAYERS" for folder in sorted(folders - set(LAYERS))])

    def test_the_readme_tells_what_rooms_see(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        table = text.split("| `services/coordinator/` |")[1].split("| `services/")[0]
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\w, ]*)\|$", table, re.MULTILINE)
        told = {f"services/coordinator/{room}": {f"services/coordinator/{word}" for word in re.findall(r"\w+", others)}
                for room, others in rows}
        self.assertLessEqual(set(COORDINATOR), set(told))
        for room, seen in COORDINATOR.items():
            self.assertEqual(told[room], seen - BELOW_COORDINATOR, room)

    def test_engine_is_free_of_the_network(self):
        wrong = []
        for path in files(["engine"], ".h", ".cc"):
            for number, header in includes(path):
                if OUTSIDE_ENGINE.match(header) and not (header.startswith("rocksdb/") and name_of(path) in ROCKSDB_USERS):
                    wrong.append(f"{name_of(path)}:{number}: the engine may not include {header}")
        for cmake in (ROOT / "engine").rglob("CMakeLists.txt"):
            for number, line in numbered(cmake):
                if re.search(r"grpc|protobuf|lawine_proto|lawine_services|spdlog", line, re.IGNORECASE):
                    wrong.append(f"{name_of(cmake)}:{number}: the engine may not link this: {line.strip()}")
        self.check(wrong)

    def test_outside_things_have_one_place(self):
        wrong = []
        for path in sources(".h", ".cc"):
            for number, header in includes(path):
                if GENERATED.match(header) and not name_of(path).startswith(SEES_GENERATED):
                    wrong.append(f"{name_of(path)}:{number}: generated code belongs to services: {header}")
                if header.startswith("rocksdb/") and name_of(path) not in ROCKSDB_USERS and name_of(path).startswith(
                        ("engine/", "services/")):
                    wrong.append(f"{name_of(path)}:{number}: RocksDB stays behind its seam: {header}")
                if header == "iostream" and name_of(path).startswith("engine/"):
                    wrong.append(f"{name_of(path)}:{number}: no iostream in the engine")
        self.check(wrong)

    def test_functions_fit_a_screen(self):
        wrong = []
        for path in sources(".h", ".cc"):
            for first, last in functions(path):
                if last - first + 1 > FUNCTION_LINES_MAX:
                    wrong.append(f"{name_of(path)}:{first}: a function of {last - first + 1} lines")
        self.check(wrong)

    def test_functions_are_found_at_all(self):
        self.assertGreater(sum(len(functions(p)) for p in sources(".cc")), 300)

    def test_files_are_short(self):
        wrong = []
        for path in [*sources(".h", ".cc"), *files(SOURCE_FOLDERS, ".py")]:
            lines = path.read_text(encoding="utf-8").count("\n")
            most = HEADER_LINES_MAX if path.suffix == ".h" else FILE_LINES_MAX
            if lines > most and name_of(path) not in LONGER_FILES:
                wrong.append(f"{name_of(path)}: {lines} lines, at most {most}")
        for name in LONGER_FILES:
            if not (ROOT / name).exists():
                wrong.append(f"{name}: excused, and not there")
        self.check(wrong)

    def test_no_stray_files_at_the_top(self):
        names = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
        self.check([f"{name}: does not belong at the top" for name in sorted(names - TOP_LEVEL - UNTRACKED_TOP_LEVEL)])

    def test_no_unfinished_or_dead_code(self):
        wrong = []
        mark = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
        dead = re.compile(r"^\s*//.*(;|\{|\})\s*$|^\s*#if 0\b")
        for path in text_files():
            for number, line in numbered(path):
                if mark.search(line):
                    wrong.append(f"{name_of(path)}:{number}: {line.strip()}")
        for path in sources(".cc"):
            for number, line in numbered(path):
                if dead.match(line) and re.search(r"//\s*(return|if|for|const|auto|std::|EXPECT_|ASSERT_)\b.*[;{]\s*$|#if 0", line):
                    wrong.append(f"{name_of(path)}:{number}: code in a comment: {line.strip()}")
        for path in [*sources(), *files(["proto"], ".proto")]:
            if re.search(r"(^|_)(old|new2|tmp|backup|copy)(_|$)", path.stem):
                wrong.append(f"{name_of(path)}: looks left over")
        self.check(wrong)

    def test_every_source_is_in_a_build_list(self):
        wrong = []
        for path in sources(".h", ".cc"):
            folder, listed = path.parent, False
            while folder != ROOT.parent and not listed:
                lists = folder / "CMakeLists.txt"
                if lists.exists():
                    relative = re.escape(path.relative_to(folder).as_posix())
                    content = lists.read_text(encoding="utf-8")
                    listed = bool(re.search(rf"(^|[\s(]){relative}([\s)]|$)", content, re.MULTILINE))
                    listed = listed or bool(re.search(rf"lawine_add_(fuzzer|\w+)\({re.escape(path.stem)}[\s)]", content))
                    listed = listed or (path.suffix == ".h" and name_of(path).startswith(("tests/fuzz/", "bench/")))
                folder = folder.parent
            if not listed:
                wrong.append(f"{name_of(path)}: in no CMakeLists.txt")
        for lists in ROOT.glob("**/CMakeLists.txt"):
            if "build" not in lists.relative_to(ROOT).parts and re.search(r"file\(\s*GLOB", lists.read_text()):
                wrong.append(f"{name_of(lists)}: lists are explicit, no GLOB")
        self.check(wrong)

    def test_include_guards_say_the_path(self):
        wrong = []
        for path in sources(".h"):
            guard = "LAWINE_" + re.sub(r"[^A-Z0-9]", "_", name_of(path).upper()) + "_"
            lines = path.read_text(encoding="utf-8").split("\n")
            if f"#ifndef {guard}" not in lines or f"#define {guard}" not in lines or f"#endif  // {guard}" not in lines:
                wrong.append(f"{name_of(path)}: expected the guard {guard}")
            if not lines[0].startswith("//"):
                wrong.append(f"{name_of(path)}: expected to begin with what it is for")
        self.check(wrong)

    def test_includes_are_of_files_that_exist(self):
        wrong = []
        for path in sources():
            for number, header in includes(path):
                if header.startswith(("engine/", "services/", "tests/", "bench/")) and not (ROOT / header).exists():
                    wrong.append(f"{name_of(path)}:{number}: no {header}")
        self.check(wrong)

    def test_nothing_knows_this_machine(self):
        places = re.compile(r"(?<![\w.$}])/(work|home|root|Users|build)/\w")
        wrong = []
        for path in text_files():
            for number, line in numbered(path):
                if places.search(line) and path != Path(__file__).resolve():
                    wrong.append(f"{name_of(path)}:{number}: {line.strip()}")
        self.check(wrong)

    def test_kernels_call_nothing_through_a_pointer(self):
        kernels = ["engine/spread/shard_state", "engine/base/coin", "engine/base/event_codec", "engine/base/int_codec",
                   "engine/base/digest", "engine/base/member_set"]
        wrong = []
        for stem in kernels:
            for suffix in (".h", ".cc"):
                path = ROOT / (stem + suffix)
                if path.exists():
                    wrong += [f"{stem}{suffix}:{number}: {line.strip()}" for number, line in numbered(path)
                              if "std::function" in line]
        self.check(wrong)

    def test_dependencies_are_installed_by_the_one_list(self):
        script = (ROOT / "deploy/install-deps").read_text(encoding="utf-8")
        listed = set(re.findall(r"[\w.+-]+", script))
        wrong = []
        for lists in ROOT.glob("**/CMakeLists.txt"):
            if "build" in lists.relative_to(ROOT).parts:
                continue
            content = lists.read_text(encoding="utf-8")
            wanted = re.findall(r"find_package\(\s*(\S+?)[\s)]", content)
            wanted += [m for m in re.findall(r"pkg_check_modules\(\s*\w+ REQUIRED (?:IMPORTED_TARGET )?([\w+.-]+)", content)]
            wanted += re.findall(r"find_file\(\s*\w+ (\S+?)[\s)]", content)
            wanted += re.findall(r"find_program\(\s*\w+ (\S+?)[\s)]", content)
            for name in wanted:
                if name not in PACKAGES:
                    wrong.append(f"{name_of(lists)}: {name}: say in PACKAGES which package has it")
                elif PACKAGES[name] not in listed:
                    wrong.append(f"{name_of(lists)}: {name} is in {PACKAGES[name]}, which deploy/install-deps lacks")
        self.check(wrong)

    def test_everything_in_the_wire_contract_is_explained(self):
        thing = re.compile(r"^\s*(message|enum|service|rpc|oneof)\s+\w+|^\s*(optional |repeated |map<[^>]*> )?[\w.]+\s+\w+\s*=\s*\d+"
                           r"|^\s*[A-Z][A-Z0-9_]*\s*=\s*\d+")
        wrong = []
        for path in files(["proto/lawine"], ".proto"):
            before = ""
            for number, line in numbered(path):
                if thing.match(line) and not before.lstrip().startswith("//") and "//" not in line:
                    wrong.append(f"{name_of(path)}:{number}: without a comment: {line.strip()}")
                if number == 1 and not line.startswith("//"):
                    wrong.append(f"{name_of(path)}: expected to begin with what it is for")
                before = line
        self.check(wrong)

    def test_wire_contract_keeps_its_style(self):
        wrong = []
        for path in files(["proto/lawine"], ".proto"):
            content = path.read_text(encoding="utf-8")
            if 'syntax = "proto3";' not in content or f"package {name_of(path.parent)[6:].replace('/', '.')};" not in content:
                wrong.append(f"{name_of(path)}: expected proto3 and a package named after the folder")
            for enum, body in re.findall(r"enum (\w+) \{(.*?)\}", content, re.DOTALL):
                prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum).upper() + "_"
                if f"{prefix}UNSPECIFIED = 0" not in body:
                    wrong.append(f"{name_of(path)}: {enum} has no {prefix}UNSPECIFIED = 0")
            for rpc, request, answer in re.findall(r"rpc (\w+)\((?:stream )?(\w+)\) returns \((?:stream )?(\w+)\)", content):
                if (request, answer) != (f"{rpc}Request", f"{rpc}Response"):
                    wrong.append(f"{name_of(path)}: {rpc}({request}) returns ({answer})")
        self.check(wrong)

    @unittest.skipUnless(CHECK_FORMAT and shutil.which("clang-format"), "skipped: needs --format and clang-format")
    def test_format(self):
        paths = [str(p) for p in sources(".h", ".cc")]
        done = subprocess.run(["clang-format", "--dry-run", *paths], cwd=ROOT, capture_output=True, text=True, check=False)
        files_named = sorted(set(re.findall(rf"{re.escape(str(ROOT))}/([^:]+):\d+", done.stderr)))
        self.check([f"{name}: not formatted" for name in files_named])


if __name__ == "__main__":
    unittest.main(verbosity=1)
