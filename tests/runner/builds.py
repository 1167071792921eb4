# SPDX-License-Identifier: LGPL-2.1-or-later
"""The build folders: one for each way to compile."""

import json
import os
import shutil
import subprocess

from job import Counts, Job

JOBS = str(os.cpu_count() or 1)


class Build:
    """A build folder, made or brought up to date once per run."""

    def __init__(self, name, folder, args=(), cc=None, needs=(), target=""):
        self.name, self.folder, self.args, self.needs = name, folder, list(args), needs
        self.target = target        # none: all
        self.env = {"CC": cc} if cc else {}
        self.job = None

    def job_once(self):
        """The job that compiles; None when it ran before."""
        if self.job:
            return None
        recipe = os.path.join(self.folder, "tests-run-recipe")
        text = json.dumps([self.args, self.env])
        script = ["set -e"]
        if not self._made_by(recipe, text):
            shutil.rmtree(self.folder, ignore_errors=True)
            script += [f"meson setup {self.folder} {' '.join(self.args)}",
                       f"printf %s '{text}' >{recipe}"]
        script += [f"ninja --quiet -C {self.folder} -j {JOBS} {self.target}"]
        self.job = Job(f"build:{self.name}", ["bash", "-c", "\n".join(script)], 1800,
                       env=self.env, counter=whole)
        return self.job

    def _made_by(self, recipe, text):
        try:
            with open(recipe, encoding="utf-8") as f:
                return f.read() == text
        except OSError:
            return False

    @property
    def works(self):
        return self.job is not None and not self.job.counts.failed

    def tests(self):
        """name -> argv of meson's tests, which run in the build folder."""
        text = subprocess.run(["meson", "introspect", "--tests", self.folder],
                              capture_output=True, text=True, check=True).stdout
        return {t["name"]: t["cmd"] for t in json.loads(text)}

    def programs(self, folder):
        """name -> path of the programs compiled in a folder of tests/."""
        path = os.path.join(self.folder, folder)
        names = sorted(os.listdir(path)) if os.path.isdir(path) else []
        return {n: os.path.join(path, n) for n in names
                if os.path.isfile(os.path.join(path, n)) and os.access(os.path.join(path, n),
                                                                       os.X_OK)}


def whole(_text, status):
    """A program that is one check."""
    return (Counts(failed=1), f"exit status {status}") if status else (Counts(passed=1), "")


SANITIZE = ["-Db_sanitize=address,undefined", "-Db_lundef=false"]
MAIN = Build("gcc", "build-tests")
SANITIZED = Build("sanitize", "build-tests-sanitize", SANITIZE)
CLANG = Build("clang", "build-tests-clang", cc="clang", needs=("clang",))
# As README says how to install it: what is measured beside other programs.
RELEASE = Build("release", "build-release", ["--buildtype=release", "-Db_lto=true"], target="bench")
FUZZ = Build("fuzz", "build-tests-fuzz", ["-Dfuzz=true", "-Db_lundef=false"], cc="clang",
             needs=("clang",))
