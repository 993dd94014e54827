"""How users are built and wired; besides the contract, the only file of this service that others import."""

from shopwright.kit.derived import derived_key
from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.users import MANIFEST
from shopwright.services.users.contract import Users
from shopwright.services.users.handlers import jobs
from shopwright.services.users.service import UserService


def _build(context: BuildContext) -> UserService:
    return context.chosen(UserService)(
        context.work,
        context.hasher,
        staff_factor=context.settings.staff_second_factor,
        audit_key=derived_key(context.settings.secret, "audit log"),
        vault=context.vault,
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Users,
    build=_build,
    jobs=jobs,
    protect=lambda users, anew: users.protect(anew=anew),
)
