"""The progress of a study, on a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    Counter = Callable[[str], Callable[[int, int], None]]

PATIENCE = 1.0
"""Work that takes longer than this, s, gets a progress bar."""


@contextmanager
def progress_bar(on: Console, *, silent: bool = False) -> Iterator[Counter]:
    """Yield what gives a study something to report its progress to, by the name of what it counts.

    A bar appears if the work takes long: of what is counted at the moment.
    Nothing is ever drawn where the console is not a terminal.

    Args:
        on: Where it appears.
        silent: Whether it never does.
    """
    if silent or not on.is_terminal:
        yield lambda _of: lambda _done, _total: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=on, transient=True)
    between = bar.add_task("simulating", total=None)

    def counter(of: str) -> Callable[[int, int], None]:
        task, before = bar.add_task(of, total=None, visible=False), 0

        def progress(done: int, total: int) -> None:
            nonlocal before
            if done < before:
                bar.reset(task)  # counted anew: the time that is left is that of this time
            before, is_over = done, done >= total
            text = f"{done:,} of {total:,} {of}"
            bar.update(task, description=text, completed=done, total=total, visible=not is_over)
            bar.update(between, visible=is_over)

        return progress

    timer = Timer(PATIENCE, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield counter
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
