"""Work in the background gives way to the window."""

from __future__ import annotations

import os
import sys
import threading

NETWORK = 10  # a tenth of the weight of a normal thread where both want the same core; nothing otherwise
READER = 19  # an eighth of that again: a reader that takes a core from one of the network's threads makes the
# others wait for it at the end of every layer, while the queue leaves readers all the time they need


def give_way(niceness: int) -> None:
    """Let the calling thread, and the threads that torch starts from it, give way to the window's thread.

    Linux gives every thread a niceness of its own, and a new thread takes over that of the one that starts
    it. The main thread is left alone: in a program without a window there is nobody to give way to, and
    niceness cannot be taken back. Other systems: nothing is done.
    """
    if sys.platform != "linux" or threading.current_thread() is threading.main_thread():
        return
    thread = threading.get_native_id()
    if os.getpriority(os.PRIO_PROCESS, thread) < niceness:
        os.setpriority(os.PRIO_PROCESS, thread, niceness)
