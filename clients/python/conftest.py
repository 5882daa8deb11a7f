import pytest

from stack import Stack, binary


@pytest.fixture(autouse=True, scope="session")
def runtime_folder(tmp_path_factory):
    """A runtime folder of this session's own: the names of its stacks are nobody else's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        # Tests may go to another folder.
        patch.setenv("EFSM_BIN", binary())
        yield


@pytest.fixture
def stack():
    """A fresh, empty stack with all five services."""
    with Stack() as stack:
        yield stack


@pytest.fixture
def start(tmp_path):
    """Starts stacks from the text of an efsm.yaml, or with other arguments; stops them after the test."""
    stacks = []

    def start(config=None, *arguments, **options):
        if config is not None:
            path = tmp_path / "efsm.yaml"
            path.write_text(config)
            arguments = (path, *arguments)
        stack = Stack(*arguments, **options)
        stacks.append(stack)
        return stack

    yield start
    for stack in stacks:
        stack.stop()
