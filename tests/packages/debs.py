# SPDX-License-Identifier: Apache-2.0
"""What `make deb` built."""
import glob

from bed import REPOSITORY
from promises import Skip

PACKAGES = f"{REPOSITORY}/build/packages"


def built(pattern="*.deb", place=PACKAGES):
    found = sorted(glob.glob(f"{place}/{pattern}"))
    if not found:
        raise Skip(f"no {pattern} in {place}: make deb")
    return found


def debs():
    """The two that people install."""
    return [deb for deb in built() if "dbgsym" not in deb]
