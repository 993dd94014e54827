"""`Dependency[Orders]`: what a route is handed by its name, as it is, unchecked and unchanged. `CurrentCaller`: who calls it."""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from shopwright.kit.auth import Caller

T = TypeVar("T")
Dependency: TypeAlias = NamedDependency[SkipValidation[T]]
CurrentCaller: TypeAlias = NamedDependency[SkipValidation[Caller]]
