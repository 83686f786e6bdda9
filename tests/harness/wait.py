"""Waiting for a state, with a limit. No test sleeps in the hope that something has happened."""
import time


class TooLate(AssertionError):
    pass


def until(condition, what, limit=20.0, every=0.005):
    """Returns the first true value of condition(); raises when none came within `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TooLate(f"waited {limit} s in vain for {what}")
        time.sleep(every)


def holds(condition, what, while_):
    """Asserts that condition() stays true for as long as while_() is."""
    while while_():
        assert condition(), what
        time.sleep(0.01)
