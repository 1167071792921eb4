# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines "ok ..." and "not ok ...", and "N passed, N failed" at the end."""


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, good, what, detail=""):
        if good:
            self.passed += 1
            print(f"ok {what}")
            return
        self.failed += 1
        print(f"not ok {what}")
        for line in str(detail).splitlines():
            print(f"    {line}")

    def check_width(self, texts, width=80):
        """@texts: {what: text}"""
        wide = [f"{what}: {line}" for what, text in texts.items() for line in text.splitlines()
                if len(line) > width]
        self.check(not wide, f"{len(texts)} texts fit {width} columns", "\n".join(wide))

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
