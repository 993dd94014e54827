"""Who is who: accounts, sign-in, addresses."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="accounts, addresses, sessions, roles",
    tells=(
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
