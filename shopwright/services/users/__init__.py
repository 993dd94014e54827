"""Users: accounts, sign-in, addresses and staff."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="accounts, addresses, sessions, roles",
    emits=(
        "UserRegistered",
        "UserImported",
        "EmailVerificationAsked",
        "EmailVerified",
        "PasswordResetAsked",
        "PasswordChanged",
        "RegistrationRepeated",
        "SecondFactorAdded",
        "SecondFactorRemoved",
        "StaffInvited",
        "StaffChanged",
        "UserErased",
        "AddressErased",
    ),
)
