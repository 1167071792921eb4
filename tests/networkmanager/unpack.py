# SPDX-License-Identifier: LGPL-2.1-or-later
"""NetworkManager, as tests/networkmanager/fetch left its packages, in a guest of the lab alone, where
it is gone afterwards."""

import glob
import os
import subprocess

# It says that the lab's links, which are no cards, are nobody's.
RULES = "/lib/udev/rules.d/85-nm-unmanaged.rules"


def unpack(build):
    """Nothing of it starts by itself."""
    debs = sorted(glob.glob(f"{build}/networkmanager/*.deb"))
    if not debs:
        raise RuntimeError(f"{build}/networkmanager is empty: tests/networkmanager/fetch {build}")
    for deb in debs:
        # /lib and /sbin are links here, and directories in it.
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as tar:
            subprocess.run(["tar", "-x", "-C", "/", "--keep-directory-symlink"], stdin=tar.stdout,
                           check=True)
    subprocess.run(["ldconfig"], check=True)
    if os.path.exists(RULES):
        os.unlink(RULES)
