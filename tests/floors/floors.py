# SPDX-License-Identifier: LGPL-2.1-or-later
"""The floors: floors.py SOURCE floor-core floor-nl floor-yaml floor-json libnb-core.a

That the programs could be linked is the proof that no floor calls upwards; here it is shown that
they are what they should be, and that nobody includes what it may not know."""

import glob
import os
import re
import subprocess
import sys

SOURCE, CORE, NL, YAML, JSON, CORE_ARCHIVE = sys.argv[1:]
# libasan and the like belong to the compiler, not to a floor.
COMPILER = re.compile(r"lib(c|m|asan|ubsan|gcc_s|pthread|dl|rt|resolv)\.so|ld-linux")
MAY_INCLUDE = {
    "lib/core": ("lib/core/",),
    "lib/nl": ("lib/core/", "lib/nl/"),
    "lib/yaml": ("lib/core/", "lib/yaml/"),
    "lib/json": ("lib/core/", "lib/json/"),
    "daemon": ("lib/", "daemon/"),
    "cli": ("lib/", "cli/"),
}
FOREIGN = re.compile(r"<(netlink/|yaml\.h|systemd/|json-c/)")
MAY_USE = {"lib/core": (), "lib/nl": ("netlink/",), "lib/yaml": ("yaml.h",),
           "lib/json": ("json-c/",)}
# What does I/O, tells the time or ends the program: not in the core.
OUTSIDE = set("""open openat creat read write pread pwrite close socket connect bind send sendto
    sendmsg recv recvfrom recvmsg ioctl poll select epoll_wait fopen fclose fread fwrite fgets fputs
    fputc puts putchar printf fprintf vprintf vfprintf perror syslog time gettimeofday
    clock_gettime nanosleep usleep sleep getenv secure_getenv exit _exit quick_exit system popen
    fork execve stat fstat lstat access unlink rename mkdir opendir readdir mmap""".split())

passed = failed = 0


def check(good, sentence, detail=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    print(f"{'ok' if good else 'not ok'} - {sentence}")
    if not good:
        print("\n".join(f"#   {line}" for line in str(detail).splitlines()))


def output(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def needs(program):
    found = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", program))
    return sorted(name for name in found if not COMPILER.match(name))


def defines(program, symbol):
    return re.search(rf" T {symbol}$", output("nm", program), re.M)


def own_headers(path):
    with open(path, encoding="utf-8") as f:
        return re.findall(r'^#include "(.*?)"', f.read(), re.M)


def foreign_headers(path):
    with open(path, encoding="utf-8") as f:
        return [line for line in f if line.startswith("#include") and FOREIGN.search(line)]


def sources(folder):
    return sorted(glob.glob(f"{SOURCE}/{folder}/**/*.[ch]", recursive=True))


for program, symbol, wanted in ((CORE, "nb_plan_build", []), (NL, "nb_exec_new", ["libnl-3"]),
                                (YAML, "nb_load_set", ["libyaml-0"]),
                                (JSON, "nb_json_plan", ["libjson-c"])):
    have = needs(program)
    name = os.path.basename(program)
    check(defines(program, symbol), f"{name} holds the floor as a whole ({symbol} is in it)")
    check([n.partition(".so")[0] for n in have] == wanted,
          f"{name} links with {' and '.join(['libc', *wanted])} alone", have)

for folder, allowed in MAY_INCLUDE.items():
    files = sources(folder)
    wrong = [f"{path}: {header}" for path in files for header in own_headers(path)
             if not header.startswith(allowed)]
    check(files and not wrong, f"{len(files)} files of {folder} include only "
          f"{' and '.join(allowed)}", "\n".join(wrong))
for folder, allowed in MAY_USE.items():
    wrong = [f"{path}: {line}" for path in sources(folder) for line in foreign_headers(path)
             if not any("<" + word in line for word in allowed)]
    check(not wrong, f"{folder} includes no library's headers but {' '.join(allowed) or 'libc'}",
          "".join(wrong))

used = set(re.findall(r" U (\w+)", output("nm", CORE_ARCHIVE)))
if "memcpy" not in used:        # an archive for link-time optimisation keeps what the compiler knows to itself
    used |= set(re.findall(r" U (\w+)", output("nm", CORE)))
check("strcmp" in used or "memcpy" in used, "the symbols the core uses are seen")
check(not used & OUTSIDE, "the core does no I/O and does not ask for the time",
      " ".join(sorted(used & OUTSIDE)))

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
