"""Every error that a person may meet, each with its exit code (design: "The outside world", exit codes)."""

from __future__ import annotations


class OpsbookError(Exception):
    """A failure that is told in one or two sentences and never as a traceback.

    Args:
        message: what is wrong, and where.
        remedy: what to do about it.
    """

    exit_code = 3

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Refused(OpsbookError):
    """The request is invalid: nothing was written and nothing was said."""

    exit_code = 1


class Stopped(Refused):
    """The person stopped it before anything was written or said."""

    exit_code = 130


class UsageError(OpsbookError):
    """The command line is wrong."""

    exit_code = 2


class NothingToCheck(OpsbookError):
    """There is no book here, or no record in it: an empty check is not a success."""

    exit_code = 6


class NotSeen(OpsbookError):
    """It is not among what could be seen from here, and not everything could: nobody knows whether it is there."""

    exit_code = 7


class SiteFault(OpsbookError):
    """The pages cannot be staged or built as they are written: what was built before is left as it was."""

    exit_code = 1


class ForgeFault(OpsbookError):
    """The forge did not do it, as far as anybody knows: what is saved on this machine goes on without it."""


class ForgeError(ForgeFault):
    """The forge answered that the effect did not happen; it is safe to try again later.

    A request that is saved meanwhile ends with 4 by its outcome; what ends by this error itself saved nothing.
    """


class ForgeUnknown(ForgeFault):
    """Nobody knows whether the effect happened: read it back by its marker before trying again."""


class LostRace(OpsbookError):
    """Somebody else wrote first: read again, apply the request again, publish again."""
