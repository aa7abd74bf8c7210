"""Data Factory's expression language: ``@concat(...)``, ``text@{item()}``, and the functions in them."""

from houseboat.factory.expressions.cases import evaluate_cases
from houseboat.factory.expressions.evaluate import evaluate, is_expression
from houseboat.factory.expressions.scope import Environment, Scope

__all__ = ["Environment", "Scope", "evaluate", "evaluate_cases", "is_expression"]
