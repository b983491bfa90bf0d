"""How the tests are shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Give whole files to a worker, so that what a file prepares once is prepared once."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)
