"""``python -m sin_code_efsm.mcp_server``: the MCP server over standard input and output, as ``efsm mcp``."""

import sys

from ._command import execute

__all__ = ["main"]


def main() -> None:
    """Becomes the server."""
    execute(["mcp", *sys.argv[1:]])


if __name__ == "__main__":
    main()
