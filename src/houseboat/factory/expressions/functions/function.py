"""A function of the expression language: one row of a table.

Arguments are never coerced; each row says what kinds it takes, and a wrong one is refused with the engine's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from houseboat.factory.expressions.scope import Environment, Refused
from houseboat.factory.expressions.values import is_binary, is_integer, is_number, type_name

if TYPE_CHECKING:
    from houseboat.runs import Json

_ORDINALS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True)
class Kind:
    """What an argument must be, and the words for it."""

    words: str
    accepts: Callable[[Json], bool]


ANY = Kind("any value", lambda _: True)
TEXT = Kind("a string", lambda value: isinstance(value, str))
TEXT_OR_NULL = Kind("a string or null", lambda value: value is None or isinstance(value, str))
NUMBER = Kind("an integer or a decimal number", is_number)
INTEGER = Kind("an integer", is_integer)
BOOLEAN = Kind("a boolean", lambda value: isinstance(value, bool))
ARRAY = Kind("an array", lambda value: isinstance(value, list))
OBJECT = Kind("an object", lambda value: isinstance(value, Mapping))
SEQUENCE = Kind("an array or a string", lambda value: isinstance(value, (list, str)))
CONTAINER = Kind("an array, an object or a string", lambda value: isinstance(value, (list, str, Mapping)))
BYTES = Kind("a string or binary content", lambda value: isinstance(value, str) or is_binary(value))


@dataclass(frozen=True)
class Function:
    """``call`` with ``least`` to ``most`` arguments (None: any number) of the given ``kinds`` (the last one repeats).

    ``outside`` functions take the environment (clock, guid, rand) as their first argument. ``documented`` is False
    for what the engine has and Data Factory's reference does not list.
    """

    call: Callable[..., Json]
    kinds: tuple[Kind, ...]
    least: int
    most: int | None
    outside: bool = False
    documented: bool = True

    def apply(self, name: str, arguments: list[Json], environment: Environment) -> Json:
        """The function's value. Raises ``Refused``."""
        if len(arguments) < self.least or (self.most is not None and len(arguments) > self.most):
            raise Refused(f"the function '{name}' expects {self._count()} and was given {len(arguments)}")
        for index, argument in enumerate(arguments):
            kind = self.kinds[min(index, len(self.kinds) - 1)]
            if not kind.accepts(argument):
                which = _ORDINALS[index] if index < len(_ORDINALS) else f"{index + 1}th"
                raise Refused(
                    f"the function '{name}' expects its {which} parameter to be {kind.words}; "
                    f"the provided value is of type '{type_name(argument)}'",
                )
        try:
            return self.call(environment, *arguments) if self.outside else self.call(*arguments)
        except (ValueError, ArithmeticError) as error:
            raise Refused(f"the function '{name}' was given a value that it cannot use ({error})") from None

    def _count(self) -> str:
        if self.most is None:
            return f"at least {self.least} parameter(s)"
        return f"{self.least} parameter(s)" if self.least == self.most else f"{self.least} to {self.most} parameters"


def row(call: Callable[..., Json], *kinds: Kind, optional: int = 0) -> Function:
    """A function with one argument per kind, the last ``optional`` of which may be left out."""
    return Function(call, kinds, len(kinds) - optional, len(kinds))


def many(call: Callable[..., Json], kind: Kind, *, least: int = 1) -> Function:
    """A function of any number of arguments of one kind."""
    return Function(call, (kind,), least, None)


def outside(call: Callable[..., Json], *kinds: Kind, optional: int = 0) -> Function:
    """A function that looks at the clock, makes a guid or a random number."""
    return Function(call, kinds, len(kinds) - optional, len(kinds), outside=True)


def extension(function: Function) -> Function:
    """The same function, marked as not in Data Factory's reference."""
    return Function(function.call, function.kinds, function.least, function.most, function.outside, documented=False)
