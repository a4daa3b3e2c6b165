#!/usr/bin/env python3
"""Runs clang-tidy on sources, as many at once as there are cores, but not on what it has seen
before and found nothing in.

  tidy.py BUILD_FOLDER CACHE_FOLDER FILE…

A source is known by a digest of all that clang-tidy would see: the preprocessed text with its
comments (NOLINT is one), how it is compiled, .clang-tidy and clang-tidy's version. Exit code 1 when
something was found.
"""

import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

TIDY = "clang-tidy-19"
KEPT_SECONDS = 30 * 24 * 3600


def commands_of(build):
    with open(build / "compile_commands.json", encoding="utf-8") as file:
        return {os.path.realpath(entry["file"]): (shlex.split(entry["command"]), entry["directory"]) for entry in json.load(file)}


def digest_of(command, folder, setting):
    """None: it cannot be preprocessed, which clang-tidy will tell about."""
    words = command[1:] if command[0].endswith("ccache") else command
    output = words.index("-o")
    words = words[:output] + words[output + 2:]
    seen = subprocess.run([*words, "-E", "-C", "-P"], cwd=folder, capture_output=True, check=False)
    if seen.returncode != 0:
        return None
    how = shlex.join(words).replace(os.getcwd(), ".")  # another checkout's findings are the same
    return hashlib.sha256(b"\0".join([setting, how.encode(), seen.stdout])).hexdigest()


def main(build, cache, files):
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    setting = version + pathlib.Path(".clang-tidy").read_bytes()
    commands = commands_of(build)

    def tidy(file):
        """What it says; empty: nothing was found."""
        command, folder = commands[os.path.realpath(file)]
        digest = digest_of(command, folder, setting)
        known = cache / digest if digest else None
        if known and known.exists():
            known.touch()
            return ""
        ran = subprocess.run([TIDY, "--quiet", "-p", str(build), file], capture_output=True, text=True, check=False)
        if ran.returncode == 0 and known:
            known.touch()
        return "" if ran.returncode == 0 else ran.stdout + ran.stderr

    found = False
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(tidy, files):
            if said:
                found = True
                print(said, flush=True)
    for known in cache.iterdir():
        if known.stat().st_mtime < time.time() - KEPT_SECONDS:
            known.unlink()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]))
