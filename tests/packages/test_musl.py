#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The module, the helper and the command in front of musl's headers: nothing in them is glibc's alone. Debian has neither
libpam nor OpenSSL nor libstdc++ built for musl, so they are compiled, and neither linked nor run."""
import glob
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import REPOSITORY, run, write  # noqa: E402

MUSL, PLACE = "/usr/include/x86_64-linux-musl", "/run/musl"
# What libstdc++ was told of glibc when it was built, in words of musl's.
WORDS = ["-D__GLIBC_PREREQ(a,b)=0", "-D__locale_t=locale_t", *(f"-D_IS{name}={1 << bit}" for bit, name in enumerate(
    "upper lower alpha digit xdigit space print graph blank cntrl punct alnum".split()))]
NAMES = [f'-DTOTP_{name}="/x"' for name in ("VERSION", "STORE", "KEY", "CONF", "HELPER", "GROUP", "LOCALES", "UNDO")]


def lay_headers():
    """The kernel's and the libraries', without glibc's that lie beside them."""
    os.makedirs(f"{PLACE}/sys")
    for name in ("linux", "asm-generic", "security", "qrencode.h", "libpng16", "png.h", "pngconf.h", "pnglibconf.h"):
        os.symlink(f"/usr/include/{name}", f"{PLACE}/{name}")
    os.symlink("/usr/include/x86_64-linux-gnu/asm", f"{PLACE}/asm")
    run("sh", "-c", f"cp -r /usr/include/openssl {PLACE}/ && cp /usr/include/x86_64-linux-gnu/openssl/* {PLACE}/openssl/")
    # musl has it from 1.2.4 on (Alpine 3.18); Debian 12 has 1.2.3.
    write(f"{PLACE}/sys/stat.h", "#include_next <sys/stat.h>\n#ifndef STATX_TYPE\n#include <linux/stat.h>\n#endif\n"
                                 'extern "C" int statx(int, const char*, int, unsigned, struct statx*);\n')


def compile_one(path, *flags):
    version = run("g++", "-dumpversion").stdout.strip()
    own = run("g++", "-print-file-name=include").stdout.strip()
    places = [PLACE, f"/usr/include/c++/{version}", f"/usr/include/x86_64-linux-gnu/c++/{version}", MUSL, own]
    return subprocess.run(["g++", "-std=c++20", "-D_GNU_SOURCE", "-nostdinc", "-nostdinc++", *(f"-isystem{place}" for place in places),
                           f"-I{REPOSITORY}/pam_totp", "-Wall", "-Wextra", *WORDS, *NAMES, *flags, "-fsyntax-only",
                           path], text=True, capture_output=True, check=False)


def compiles(*folders, plain=()):
    if not os.path.isdir(MUSL):
        raise Skip("needs musl-tools, on amd64")
    wrong = []
    for folder in folders:
        found = sorted(glob.glob(f"{REPOSITORY}/{folder}/*.cc"))
        check(len(found) > 5, found)
        for path in found:
            said = compile_one(path, *plain)
            wrong += [f"{path}:\n{said.stderr[:1000]}"] if said.returncode or "warning" in said.stderr else []
    check(not wrong, "\n".join(wrong))


@promise
def the_module_compiles_without_a_word():
    compiles("pam_totp/core", "pam_totp/store", "pam_totp/pam", plain=("-fno-exceptions", "-fno-rtti"))


@promise
def the_helper_and_the_command_compile_without_a_word():
    compiles("pam_totp/helper", "tools", "tools/host")


if os.path.isdir(MUSL):
    lay_headers()

if __name__ == "__main__":
    keep_all()
