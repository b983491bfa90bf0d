"""What tests share: how they are dealt out, a browser, two worker processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

    from factory_sim.study.processes import Processes

# What a property says does not depend on how fast the machine is, or on who else uses it.
# Which lines are peculiar to failures is found by tracing every one: minutes for a plant.
settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile("untimed")

OPENED = (
    "test_report.py",
    "test_report_studies.py",
    "test_report_twin.py",
    "test_base_figures.py",
)
"""Files that open pages in the browser, which takes a while to start."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Give whole files to a worker, so that what a file prepares once is prepared once."""
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        """Those that open pages go to one worker, and first."""

        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return "browser" if file.endswith(OPENED) else file

    return Files(config, log)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """The browser of all tests that open pages."""
    import browser

    if not (browser.CHROMIUM and browser.DRIVER):
        pytest.skip("no Chromium here")
    with browser.browsing(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="session")
def kept() -> Iterator[Processes]:
    """Two worker processes that stay: to start them takes longer than to use them."""
    from factory_sim.study.processes import Processes

    class Kept(Processes):
        def close(self) -> None:
            """Stay for the next study."""

    workers = Kept(2)
    yield workers
    Processes.close(workers)


@pytest.fixture
def two_processes(kept: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give studies that ask for two workers those that are there."""
    from factory_sim.study import processes

    monkeypatch.setattr(processes, "Processes", lambda number: {2: kept}[number])
