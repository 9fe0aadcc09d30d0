"""A kind of record for tests, of another shape than ours: one file each, two folders deep, published straight to main."""

from __future__ import annotations

from collections.abc import Mapping

from opsbook.core.kind import Kind
from opsbook.kinds import registry
from tests.support.wish.kind import WishKind

WISH = WishKind()


def every_kind() -> Mapping[str, Kind]:
    """The kinds of the program, and this one."""
    return {**registry(), WISH.name: WISH}
