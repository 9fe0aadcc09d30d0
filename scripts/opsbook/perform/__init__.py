"""The one door through which anything is written or said.

check the overlay → durable intent → publish to the forge → announce to the sinks → receipts (design: "The house").
A run may be cut off between any two of these steps: the same command, or `reconcile` on any machine, takes it up where
it stopped, because each step leaves a marker that can be read back.
"""

from __future__ import annotations

from opsbook.perform.door import performing, preview
from opsbook.perform.merging import merge_declarations
from opsbook.perform.outcome import Merged, Outcome, Reconciled, Result, Said, Told
from opsbook.perform.recovery import pending, reconcile
from opsbook.perform.restricted import performing_secret, resume_secret
from opsbook.perform.unasked import announce_landed, remind, reminders, unsaid

__all__ = [
    "Merged",
    "Outcome",
    "Reconciled",
    "Result",
    "Said",
    "Told",
    "announce_landed",
    "merge_declarations",
    "pending",
    "performing",
    "performing_secret",
    "preview",
    "reconcile",
    "remind",
    "reminders",
    "resume_secret",
    "unsaid",
]
