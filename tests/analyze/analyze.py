#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What static analysers say of lib/, daemon/ and cli/: nothing, or something that is answered here.

    tests/analyze/analyze.py gcc|clang|cppcheck [FILE...]

gcc is -fanalyzer, clang is clang-tidy with the clang analyser. Each finding that has no answer is
a line `not ok`."""

import concurrent.futures
import fcntl
import glob
import json
import os
import re
import subprocess
import sys

BUILD = "build-tests-analyze"
# Whole kinds of findings that say nothing here, with the reason.
GCC_OFF = {
    "analyzer-malloc-leak": "gcc 12 forgets what is kept in an array that has grown, and knows no "
                            "cleanup attribute: AddressSanitizer looks for leaks in every test",
}
CLANG_CHECKS = [
    "-*", "clang-analyzer-*",
    "bugprone-assignment-in-if-condition", "bugprone-bad-signal-to-kill-thread",
    "bugprone-infinite-loop", "bugprone-integer-division", "bugprone-macro-repeated-side-effects",
    "bugprone-misplaced-widening-cast", "bugprone-not-null-terminated-result",
    "bugprone-posix-return", "bugprone-redundant-branch-condition", "bugprone-signal-handler",
    "bugprone-signed-char-misuse", "bugprone-sizeof-expression", "bugprone-suspicious-*",
    "bugprone-terminating-continue", "bugprone-too-small-loop-variable",
    "bugprone-undefined-memory-manipulation",
    # It knows no cleanup attribute: what NB_CLEANUP owns, it takes for lost.
    "-clang-analyzer-unix.Malloc",
    # memcpy_s() is not in glibc.
    "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling",
    # Words of snprintf() with a constant format.
    "-clang-analyzer-valist.Uninitialized",
    # Each copies what was measured before, or comes out of an array of the same size.
    "-clang-analyzer-security.insecureAPI.strcpy",
]
# (file, part of the message, why it is no error)
ANSWERS = [
    (r"lib/core/config\.c", r"Memory leak: bond", "the configuration owns it"),
    (r"lib/core/flow\.c", r"Memory leak: whole", "NB_CLEANUP frees it"),
    (r"lib/core/restore\.c", r"Null pointer passed", "each entry of the list has a device"),
    (r"lib/core/util\.c", r"Memory leak: new", "it is handed over by its address"),
    (r"lib/nl/rtnl\.c", r"Memory leak: nl", "nb_rtnl_free() frees it"),
    (r"cli/metrics-table\.c", r"Null pointer dereference: value",
     "nbc_get_text() is never NULL, and only the caller that has a word names a label"),
    (r"daemon/object\.c", r"dereference of NULL .*seen", "nbd_walk_next() looked before"),
    (r"lib/core/plan-l3\.c", r"dereference of NULL .have", "it is there: else it were no change"),
    (r"lib/core/util\.h", r"uninitialized value .*path", "try() of bus-try.c sets it to NULL first"),
    (r"cli/ns-exec\.c", r"Memory leak: argv", "the program is replaced, or ends"),
    (r".*", r"suspicious usage of 'sizeof\(A\*\)'; pointer to aggregate",
     "the array holds pointers"),
    (r".*", r"Value stored to '(fd|file)' is never read", "NB_CLEANUP looks at it"),
    # clang does not look into what is called, or takes errno after a failure for 0.
    (r"lib/yaml/(walk|load|bond)\.c|lib/nl/netns\.c|daemon/helper\.c",
     r"function call argument is an uninitialized value|Assigned value is garbage",
     "it is set wherever 0 came back"),
    (r"lib/yaml/assemble\.c", r"undefined pointer value .*'draft'",
     "nb_yaml_need_namespace() gives 0 or an error, no more"),
    (r"lib/core/plan\.c", r"null pointer .*'old'", "nb_plan_cannot_follow() looked before"),
    (r"lib/core/plan-hold\.c", r"null pointer .*'old'", "only what is there moves"),
    (r"daemon/object\.c", r"Dereference of null pointer", "a target with sets has a list of them"),
    (r"lib/core/index\.c", r"allocation size of 0", "no index has fewer slots than grow() begins with"),
    (r"lib/core/option\.c", r"'held' .*null pointer", "what is present has a value"),
    (r"lib/core/state\.c", r"'namespaces'.* null pointer", "one was added"),
    (r"lib/nl/look\.c", r"null pointer .*'link'", "it was read without an error"),
    (r"lib/nl/wait\.c", r"null pointer .*'link'", "a device is found, or there is an error"),
    (r"lib/core/plan-order\.c", r"null pointer .*'circle'", "find_circles() gave each goal one"),
    (r"lib/core/plan-bond\.c", r"Null pointer passed to 2nd", "only a bond that is there is emptied"),
    (r"lib/core/diff-slaves\.c", r"Null pointer passed to 2nd", "a slave has a name"),
    (r"lib/core/option\.c", r"'values'.* null pointer", "what is present has a value"),
    (r"lib/core/config\.c", r"'bonds'.* null pointer", "there is one: it was found"),
    (r"lib/nl/netns-process\.c", r"Null pointer passed to 1st", "there are two or more"),
    (r"daemon/load\.c", r"Dereference of null pointer", "the files were read without an error"),
    (r"cli/stack-look\.c", r"null pointer .*'state'", "it was read without an error"),
    (r"cli/capture\.c", r"nb_flow.*unique object", "nb_flow_read() clears all of it first"),
    (r".*", r"AST broken, ternary operator", "cppcheck 2.10 does not know `a ?: b`"),
]


def sources():
    return sorted(p for folder in ("lib", "daemon", "cli")
                  for p in glob.glob(folder + "/**/*.c", recursive=True))


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def compile_commands():
    os.makedirs(BUILD, exist_ok=True)
    with open(BUILD + "/.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # gcc and clang are looked at side by side
        if not os.path.exists(BUILD + "/compile_commands.json"):
            done = run("meson", "setup", BUILD)
            if done.returncode:
                sys.exit(done.stdout + done.stderr)
    with open(BUILD + "/compile_commands.json", encoding="utf-8") as file:
        return {os.path.relpath(os.path.join(entry["directory"], entry["file"])): entry
                for entry in json.load(file)}


def gcc(path, commands):
    argv = [a for a in commands[path]["command"].split() if a != "-Werror"]
    argv = [re.sub(r"^'(.*)'$", r"\1", a) for a in argv]
    argv[argv.index("-o") + 1] = "/dev/null"
    off = ["-Wno-" + name for name in GCC_OFF]
    done = subprocess.run([*argv, "-fanalyzer", *off, "-MF", "/dev/null"], cwd=BUILD,
                          capture_output=True, text=True, check=False)
    return re.findall(r"^(?:\.\./)?(\S+:\d+:\d+: (?:warning|error): .*)$", done.stderr, re.M)


def clang(path, _commands):
    done = run("clang-tidy", "-p", BUILD, "--quiet", "--checks=" + ",".join(CLANG_CHECKS), path)
    here = os.getcwd() + "/"
    return [line.replace(here, "").replace(BUILD + "/../", "").removeprefix("../")
            for line in re.findall(r"^(\S+:\d+:\d+: (?:warning|error): .*)$", done.stdout, re.M)]


def cppcheck(path, _commands):
    done = run("cppcheck", "--quiet", "--enable=warning,portability", "--std=c11",
               "--suppress=missingInclude", "--library=tests/analyze/netbond.cfg",
               "--template={file}:{line}:{column}: {severity}: {message} [{id}]", "-I.",
               '-DNB_VERSION="0"', path)
    return re.findall(r"^(\S+:\d+:\d+: (?:warning|error|portability): .*)$", done.stderr, re.M)


def answer(finding):
    for path, text, why in ANSWERS:
        if re.match(path, finding) and re.search(text, finding):
            return why
    return None


def main():
    tools = {"gcc": gcc, "clang": clang, "cppcheck": cppcheck}
    if len(sys.argv) < 2 or sys.argv[1] not in tools:
        sys.exit(__doc__)
    commands = compile_commands() if sys.argv[1] != "cppcheck" else {}
    paths = [p for p in sys.argv[2:] or sources() if not commands or p in commands]
    look, failed = tools[sys.argv[1]], 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, found in zip(paths, pool.map(lambda p: look(p, commands), paths)):
            unanswered = [f for f in dict.fromkeys(found) if not answer(f)]
            failed += bool(unanswered)
            print("not ok -" if unanswered else "ok -", path, flush=True)
            for finding in unanswered:
                print("   |", finding)
    print(f"{len(paths) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not paths else 0)


main()
