"""`Given[Orders]`: what a route is handed by its name, as it is, unchecked and unchanged. `Asking`: who calls it."""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from shopwright.kit.auth import Caller

T = TypeVar("T")
Given: TypeAlias = NamedDependency[SkipValidation[T]]
Asking: TypeAlias = NamedDependency[SkipValidation[Caller]]
