"""The errors of the Data Factory runtime.

=====================================  =====================================================================
``FactoryError`` (a ``ProjectError``)  a file of the factory is malformed, or names what is not there
``ExpressionError``                    an expression cannot be read or evaluated
``ActivityError``                      an activity failed, in Data Factory's own terms
``RunFailed``                          a pipeline failed: ``Operation on target X failed: ...``
=====================================  =====================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.errors import DiskFull, HouseboatError, Place, ProjectError, disk_full

if TYPE_CHECKING:
    from houseboat.runs import Json


class FactoryError(ProjectError):
    """A file of the factory is missing, malformed or contradicts another."""


class ExpressionError(HouseboatError):
    """An expression cannot be read or evaluated; the wording is Data Factory's."""

    def __init__(self, message: str, *, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message, place=place, hint=hint, code="InvalidTemplate")

    @classmethod
    def because(cls, source: str, reason: str) -> ExpressionError:
        """The usual sentence: the expression, and why it has no value."""
        return cls(f"The expression '{source}' cannot be evaluated because {reason}.")

    @classmethod
    def malformed(cls, source: str, reason: str) -> ExpressionError:
        """The expression does not follow the grammar."""
        return cls(
            f"Unable to parse expression '{source}': {reason}.",
            hint="text goes between single quotes, a quote inside it is written twice; there are no operators",
        )


class ActivityError(HouseboatError):
    """An activity failed. ``code`` is what ``activity('X').error.errorCode`` shows.

    ``failure_type`` is ``UserError`` (the files or the data are wrong) or ``SystemError`` (a store or a service is).
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        failure_type: str = "UserError",
        details: Json = "",
        place: Place | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, place=place, hint=hint, code=code)
        self.failure_type = failure_type
        self.details = details


@dataclass(frozen=True)
class Failure:
    """What ``activity('X').error`` holds."""

    code: str
    message: str
    failure_type: str
    target: str
    details: Json = ""
    place: Place | None = None

    def as_json(self) -> dict[str, Json]:
        """The object in Data Factory's own names."""
        return {
            "errorCode": self.code,
            "message": self.message,
            "failureType": self.failure_type,
            "target": self.target,
            "details": self.details,
        }

    @classmethod
    def of(cls, error: BaseException, target: str, place: Place) -> Failure:
        """Translate whatever an activity raised. ``place`` is where the activity stands, unless the error knows better."""
        if not isinstance(error, HouseboatError):
            error = disk_full(error) or error
        if not isinstance(error, HouseboatError):
            message = str(error) or type(error).__name__
            return cls(type(error).__name__, message, "SystemError", target, place=place)
        message = error.message if error.hint is None else f"{error.message} ({error.hint})"
        place = error.place or place
        if isinstance(error, ActivityError):
            return cls(error.code or "UserError", message, error.failure_type, target, error.details, place)
        kind = "SystemError" if isinstance(error, DiskFull) else "UserError"
        return cls(error.code or "UserError", message, kind, target, place=place)
