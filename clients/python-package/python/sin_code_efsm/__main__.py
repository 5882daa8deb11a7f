"""``python -m sin_code_efsm``: the ``efsm`` command."""

import sys

from ._command import execute

if __name__ == "__main__":
    execute(sys.argv[1:])
