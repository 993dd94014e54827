"""`Dependency[Orders]`: a route argument passed by name, unchecked and unchanged. `CurrentCaller`: the caller."""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from shopwright.kit.auth import Caller

T = TypeVar("T")
Dependency: TypeAlias = NamedDependency[SkipValidation[T]]
CurrentCaller: TypeAlias = NamedDependency[SkipValidation[Caller]]
