"""How random these tests are: the same examples at each run, or new ones with HYPOTHESIS_PROFILE=explore."""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

_COMMON = {
    "deadline": None,
    "database": None,
    # Machines may be slow, and the fixtures hold nothing that one example could leave to the next
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
}
settings.register_profile("ci", derandomize=True, max_examples=50, **_COMMON)
settings.register_profile("explore", max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", 1000)), **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_STARTS = {"os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "subprocess.Popen", "socket.connect"}
_noted: list[str] | None = None


def _note(event: str, details: tuple) -> None:
    if _noted is None:
        return
    if event in _STARTS or (event == "open" and isinstance(details[1], str) and set(details[1]) & set("wax+")):
        _noted.append(f"{event} {details}")


sys.addaudithook(_note)


@pytest.fixture
def side_effects():
    """What the interpreter itself saw being started, or opened to be written, since the test began."""
    global _noted
    _noted = []
    yield _noted
    _noted = None
