"""How requests reach the service: at once as a rule; twice, late or in vain with a fault."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from .answers import Answer
from .faults import AFTER_COMMIT, INSTEAD, Faults

Execute = Callable[[], Answer]


class Delivery:
    """
    The way from the network to the service; all connections share one.

    `waiting` is how many requests are being overtaken now.
    """

    def __init__(self) -> None:
        self._late: deque[Execute] = deque()
        self._turn = threading.Condition()
        self._served = 0
        self.waiting = 0

    def answer(self, execute: Execute, fault: str | None, faults: Faults | None) -> Answer | None:
        """
        Have a request done, or spoil that.

        Parameters
        ----------
        execute : callable
            Does what was asked.
        fault : str or None
            What `Faults.draw` said.
        faults : Faults or None
            Whose draw it was.

        Returns
        -------
        Answer or None
            What to send; None for nothing at all.
        """
        if fault is None or faults is None:
            return execute()
        if fault.startswith(INSTEAD) and fault not in AFTER_COMMIT:
            return faults.answer(fault)
        if fault == "late":
            self._late.append(execute)
            return None
        if fault == "overtaken":
            self._let_pass(faults.patience)
        answer = execute()
        if fault.startswith("twice"):
            second = execute()
            return second if fault == "twice-1" else answer
        return faults.answer(fault) if fault in AFTER_COMMIT else answer

    def finish(self, fault: str | None) -> None:
        """Have the late ones done after a request, and let go on who waits for that."""
        while fault != "late":
            try:
                late = self._late.popleft()
            except IndexError:  # none is left, or another connection took it
                break
            late()
        with self._turn:
            self._served += 1
            self._turn.notify_all()

    def _let_pass(self, seconds: float) -> None:
        """Wait until another request was served."""
        with self._turn:
            served = self._served
            self.waiting += 1
            self._turn.wait_for(lambda: self._served > served, seconds)
            self.waiting -= 1
