"""Builds the wheel: the `efsm` binary first, which the wheel installs as a script, then the module with maturin."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import maturin
from maturin import get_requires_for_build_wheel

__all__ = ["build_sdist", "build_wheel", "get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"]

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "data" / "scripts"


class UnsupportedOperation(Exception):
    """A source distribution would lack the workspace."""


def prepare_metadata_for_build_wheel(directory: str, settings: dict[str, Any] | None = None) -> str:
    # maturin looks for the folder before anything is in it.
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    try:
        return maturin.prepare_metadata_for_build_wheel(directory, settings)
    finally:
        shutil.rmtree(HERE / "data")


def build_wheel(directory: str, settings: dict[str, Any] | None = None, metadata: str | None = None) -> str:
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    binary = _build_binary(_profile(settings))
    # A copy: the wheel must not be made of a file that a build is replacing.
    shutil.copy2(binary, SCRIPTS / binary.name)
    try:
        return maturin.build_wheel(directory, settings, metadata)
    finally:
        shutil.rmtree(HERE / "data")


def build_sdist(directory: str, settings: dict[str, Any] | None = None) -> str:
    raise UnsupportedOperation("build a wheel from a clone of the repository: pip install ./clients/python-package")


def _profile(settings: dict[str, Any] | None) -> str:
    """What `-C build-args="--profile dev"` asks for; release without it."""
    given = (settings or {}).get("build-args", "")
    words = shlex.split(given) if isinstance(given, str) else list(given)
    return words[words.index("--profile") + 1] if "--profile" in words else "release"


def _build_binary(profile: str) -> Path:
    command = ["cargo", "build", "--package", "efsm-cli", "--bin", "efsm", "--profile", profile]
    subprocess.run(command, cwd=HERE, check=True)
    metadata = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    told = subprocess.run(metadata, cwd=HERE, check=True, capture_output=True, text=True).stdout
    folder = Path(json.loads(told)["target_directory"]) / ("debug" if profile == "dev" else profile)
    return next(path for path in (folder / "efsm", folder / "efsm.exe") if path.is_file())
