"""Background threads give way; the main thread never does."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from ml.infer.priority import NETWORK, READER, give_way

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads a niceness")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def in_thread(work: object) -> None:
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    thread.join()


def test_a_thread_gives_way_and_so_do_those_it_starts() -> None:
    found: list[int] = []

    def work() -> None:
        give_way(NETWORK)
        found.append(niceness())
        in_thread(lambda: found.append(niceness()))
        give_way(READER)
        found.append(niceness())
        give_way(NETWORK)  # lowered once, it stays low: nobody but root may raise it
        found.append(niceness())

    before = niceness()
    in_thread(work)
    assert found == [NETWORK, NETWORK, READER, READER]
    assert niceness() == before


def test_the_main_thread_is_left_alone() -> None:
    before = niceness()
    give_way(READER)
    assert niceness() == before
