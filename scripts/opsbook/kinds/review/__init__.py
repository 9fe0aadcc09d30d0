"""The kind `review`: who found a record true, how, and which words it had then."""

from opsbook.kinds.review.kind import ReviewKind

KIND = ReviewKind()
