"""Where the `efsm` command is, which the wheel installs."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

__all__ = ["binary", "execute"]

_NAME = "efsm.exe" if os.name == "nt" else "efsm"


def binary() -> str | None:
    """What ``EFSM_BIN`` says, else the one that was installed with this package, else the one on the ``PATH``."""
    if os.environ.get("EFSM_BIN"):
        return os.environ["EFSM_BIN"]
    folders = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    for folder in folders:
        if (folder / _NAME).is_file():
            return str(folder / _NAME)
    return shutil.which("efsm")


def execute(arguments: Sequence[str]) -> NoReturn:
    """Becomes the command."""
    path = binary()
    if path is None:
        raise SystemExit("the efsm command is not installed: install the wheel again, or set EFSM_BIN")
    os.execv(path, [path, *arguments])
