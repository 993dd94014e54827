"""Users: accounts, sign-in, addresses and staff.

Interface
    contract/         Values, events and operations; all that other services import.
    service.py        The operations, one line each; the parts do the work.
    spec.py           How the service is built and wired.
    context.py        What the parts share: database, password checks, tries, and accounts by id.
    handlers.py       Scheduled jobs of users.
    http.py           REST routes of accounts, sessions, profile, addresses and keys.
    retention.py      How long the rows of each table are kept, and which are personal.
    migrations/       The tables.

Accounts
    model.py          Rules of accounts: passwords, names, roles and signing keys.
    registration.py   New accounts: registered, created by an owner, or imported.
    profiles.py       Name, phone and addresses.
    staff.py          Invited by e-mail, changed, disabled and removed.
    erasure.py        Erasure of accounts, and of addresses without one.
    audit.py          The audit log: what staff did, append-only.
    audit_store.py    SQL for the audit log.
    store.py          SQL for accounts.

Signing in
    sign_in.py        Password, second factor, session.
    passwords.py      Password hashes (Argon2id), computed in a queue of their own.
    second_factor.py  Authenticator codes (TOTP) and recovery codes.
    factor_store.py   SQL for second factors.
    guesses.py        Limits on tries of passwords and codes, counted before they are checked.
    guess_store.py    SQL for failed tries and known clients.
    sessions.py       Opened, checked with each request, and closed.
    tokens.py         Access tokens: JWT signed with Ed25519, valid for 15 minutes.
    signing_keys.py   Keys that sign access tokens, and reading of tokens.

Recovery
    recovery.py       Account recovery: verified addresses, and changed or reset passwords.
    mail_store.py     SQL for single-use e-mail tokens, and for requests of e-mails.
"""

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
