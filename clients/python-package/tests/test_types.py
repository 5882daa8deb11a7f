"""The package's types, the Python that it keeps to, and its wheel."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sin_code_efsm

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples"
PACKAGE = Path(sin_code_efsm.__file__).parent
OLDEST = (3, 9)


def _run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    return done


@pytest.fixture(scope="session")
def pyright() -> None:
    pytest.importorskip("pyright", reason="pyright is not installed")
    done = _run("pyright", "--version", folder=HERE)
    if done.returncode != 0:
        pytest.skip(f"pyright cannot run here, it needs node and its own package: {done.stderr.strip()[-200:]}")


def _mypy(tmp_path: Path, *what: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mypy", reason="mypy is not installed")
    return _run("mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), *what, folder=tmp_path)


def _pyright(tmp_path: Path, *what: str, mode: str = "strict") -> subprocess.CompletedProcess[str]:
    config = tmp_path / "pyrightconfig.json"
    config.write_text(f'{{"typeCheckingMode": "{mode}", "pythonVersion": "3.9"}}')
    return _run("pyright", "--pythonpath", sys.executable, "-p", str(config), *what, folder=tmp_path)


def _docs(tmp_path: Path) -> Path:
    """The Python of the guide and the readme as one module, where both are at hand."""
    pages = [HERE.parents[2] / "docs" / "python.md", HERE.parent / "README.md"]
    text = "\n".join(page.read_text() for page in pages if page.is_file())
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    module = tmp_path / "from_docs.py"
    # Each is a scope of its own: two may use the same name for different things.
    scopes = [f"def block_{n}():\n" + re.sub(r"^(?=.)", "    ", block, flags=re.M) for n, block in enumerate(blocks)]
    module.write_text("import unittest\nfrom sin_code_efsm import *\nserver = EphemeralMockServer()\n" + "\n".join(scopes))
    return module


def test_mypy_strict_passes_on_the_examples_and_on_the_package(tmp_path: Path):
    for what in ([str(EXAMPLES)], ["-p", "sin_code_efsm"]):
        done = _mypy(tmp_path, *what)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("pyright")
def test_pyright_passes_on_the_examples_the_guide_and_the_package(tmp_path: Path):
    done = _pyright(tmp_path, str(EXAMPLES))
    assert done.returncode == 0, done.stdout + done.stderr
    # The package as Python 3.9 reads it, where `int | str` is no value.
    for what in (_docs(tmp_path), PACKAGE):
        done = _pyright(tmp_path, str(what), mode="standard")
        assert done.returncode == 0, done.stdout + done.stderr


WRONG = """
from sin_code_efsm import EphemeralMockServer

server = EphemeralMockServer(port="8888")
server.database.execute("SELECT 1", 5)
server.no_such_method()
text: str = server.port
"""


@pytest.mark.usefixtures("pyright")
def test_both_see_what_is_wrong(tmp_path: Path):
    """The types say something: an `Any` would let all of it pass."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG)
    for told in (_mypy(tmp_path, str(wrong)).stdout, _pyright(tmp_path, str(wrong)).stdout):
        lines = {int(line) for line in re.findall(r"wrong\.py:(\d+)", told) if "error" in told}
        assert lines == {4, 5, 6, 7}, told


def test_the_sources_keep_to_the_syntax_of_python_3_9():
    sources = list(PACKAGE.rglob("*.py"))
    assert len(sources) > 10
    for source in sources:
        tree = ast.parse(source.read_text(), source.name, feature_version=OLDEST)
        # Then `X | None` of an annotation is never evaluated.
        has_annotations = any(isinstance(node, (ast.AnnAssign, ast.arg)) for node in ast.walk(tree))
        imports = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not has_annotations or "__future__" in imports, source


@pytest.mark.parametrize("newer", ["zip([1], strict=True)", "int.bit_count(1)"])
def test_the_sources_keep_to_what_python_3_9_has(tmp_path: Path, newer: str):
    pytest.importorskip("vermin", reason="vermin is not installed")
    (tmp_path / "newer.py").write_text(f"x = {newer}\n")
    options = ["-t=3.9-", "--no-tips", "--violations"]
    codes = []
    for what in (PACKAGE, tmp_path / "newer.py"):
        command = [sys.executable, "-c", "import vermin; vermin.main()", *options, str(what)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        codes.append(done.returncode)
    assert codes == [0, 1], done.stdout + done.stderr


def test_the_wheel_keeps_to_the_stable_abi():
    pytest.importorskip("abi3audit", reason="abi3audit is not installed")
    (wheel,) = _wheels()
    assert "cp39-abi3" in wheel.name
    done = _run("abi3audit", "--strict", "--report", str(wheel), folder=HERE)
    assert done.returncode == 0, done.stderr + done.stdout
    # Something was audited: a wheel without a module would pass, too.
    assert "_native.abi3.so" in done.stdout, done.stderr + done.stdout


def test_the_wheel_has_types_and_requires_nothing():
    from zipfile import ZipFile

    (wheel,) = _wheels()
    with ZipFile(wheel) as files:
        names = files.namelist()
        (metadata,) = [name for name in names if name.endswith("dist-info/METADATA")]
        text = files.read(metadata).decode()
    assert {"sin_code_efsm/py.typed", "sin_code_efsm/_native.pyi"} <= set(names)
    assert any(name.endswith(".data/scripts/efsm") or name.endswith("efsm.exe") for name in names)
    assert "Requires-Python: >=3.9" in text and "Requires-Dist" not in text


def _wheels() -> list[Path]:
    folder = os.environ.get("EFSM_WHEELS")
    if folder is None:
        pytest.skip("EFSM_WHEELS does not say where the wheel is")
    return list(Path(folder).glob("*.whl"))


def test_a_source_distribution_is_refused_with_what_to_do():
    backend = HERE.parent / "build_backend.py"
    code = "import sys, types; sys.modules['maturin'] = types.SimpleNamespace(get_requires_for_build_wheel=None)\n"
    code += "import build_backend as backend\ntry: backend.build_sdist('.')\n"
    code += "except backend.UnsupportedOperation as error: print(error)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=backend.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert "pip install ./clients/python-package" in done.stdout, done.stderr


def test_everything_public_has_a_docstring():
    for name in sin_code_efsm.__all__:
        thing = getattr(sin_code_efsm, name)
        if not isinstance(thing, type):
            continue
        assert thing.__doc__, name
        for attribute, value in vars(thing).items():
            if not attribute.startswith("_") and (callable(value) or isinstance(value, (property, classmethod))):
                assert value.__doc__, f"{name}.{attribute}"
