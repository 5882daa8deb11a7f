"""A stack as a service of Docker Compose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["compose_to_yaml", "generate_compose"]

_SERVICES = ("http", "database", "auth", "queue", "storage")
_IMAGE = "efsm"


def generate_compose(services: Sequence[str] | None = None, port: int = 8888) -> dict[str, Any]:
    """A compose file, as a dict, with the one service ``efsm``. ``efsm export compose`` knows more."""
    names = ",".join(services or _SERVICES)
    command = ["up", "--bind", "0.0.0.0", "--trust-network", "--strict-port", "--port", str(port), "--services", names]
    return {
        "services": {
            "efsm": {
                "image": _IMAGE,
                "command": command,
                "ports": [f"{port}:{port}"],
                "read_only": True,
                "tmpfs": ["/tmp"],
            }
        }
    }


def compose_to_yaml(services: Sequence[str] | None = None, port: int = 8888) -> str:
    """The same as text."""
    return "\n".join(_lines(generate_compose(services, port), 0)) + "\n"


def _lines(value: dict[str, Any], depth: int) -> list[str]:
    lines = []
    for key, item in value.items():
        indent = "  " * depth
        if isinstance(item, dict):
            lines += [f"{indent}{key}:", *_lines(item, depth + 1)]
        elif isinstance(item, list):
            lines += [f"{indent}{key}:", *(f'{indent}  - "{entry}"' for entry in item)]
        else:
            text = str(item).lower() if isinstance(item, bool) else f'"{item}"'
            lines.append(f"{indent}{key}: {text}")
    return lines
