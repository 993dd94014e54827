"""Texts about accounts: to customers and staff."""

from shopwright.kit.translation import gettext as _
from shopwright.services.notifications.outgoing_message import MASK, OutgoingMessage, Secret
from shopwright.services.users.contract.events import (
    EmailVerificationAsked,
    PasswordChanged,
    PasswordResetAsked,
    RegistrationRepeated,
    SecondFactorAdded,
    SecondFactorRemoved,
    StaffChanged,
    StaffInvited,
    UserErased,
    UserRegistered,
)


def welcome(event: UserRegistered) -> OutgoingMessage:
    """E-mail that welcomes a new customer."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Your account is ready"),
        heading=_("Welcome"),
        lines=(
            _("Your orders, addresses and reviews are now in one place."),
            _("Please confirm that this address is yours; orders you placed with it as a guest are then there, too."),
        ),
        path=f"/confirm-email?token={MASK}",
        action=_("Confirm this address"),
        secret=Secret("verification", event.user_id),
    )


def registered_again(event: RegistrationRepeated) -> OutgoingMessage:
    """E-mail to the owner of an existing account; the person who tried to register learns nothing."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("You already have an account"),
        heading=_("You already have an account"),
        lines=(
            _("Someone, probably you, wanted to make an account with your address, but you have one."),
            _("Sign in with it, or choose a new password."),
            _("If it was not you, do nothing."),
        ),
        path="/forgot-password",
        action=_("Choose a new password"),
    )


def verification(event: EmailVerificationAsked) -> OutgoingMessage:
    """E-mail with a link that verifies the address."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Confirm your e-mail address"),
        heading=_("Is this your address?"),
        lines=(_("Confirm it within a day. If you did not ask for this, do nothing."),),
        path=f"/confirm-email?token={MASK}",
        action=_("Confirm this address"),
        secret=Secret("verification", event.user_id),
    )


def reset(event: PasswordResetAsked) -> OutgoingMessage:
    """E-mail with a password reset link."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Choose a new password"),
        heading=_("A new password"),
        lines=(
            _("Someone, probably you, asked for a new password for your account. The link is valid for one hour."),
            _("If it was not you, do nothing: your password stays as it is."),
        ),
        path=f"/new-password?token={MASK}",
        action=_("Choose a new password"),
        secret=Secret("reset", event.user_id),
    )


def password_changed(event: PasswordChanged) -> OutgoingMessage:
    """E-mail that warns the owner of a password change."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Your password was changed"),
        heading=_("Your password was changed"),
        lines=(_("You are signed out everywhere else. If this was not you, choose a new password at once."),),
        path="/forgot-password",
        action=_("It was not me"),
    )


def factor_added(event: SecondFactorAdded) -> OutgoingMessage:
    """E-mail that warns the owner of a new second factor."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("A second factor was turned on"),
        heading=_("Your account asks for a code now"),
        lines=(_("Signing in asks for your password and a code. If this was not you, choose a new password at once."),),
        path="/forgot-password",
        action=_("It was not me"),
    )


def factor_removed(event: SecondFactorRemoved) -> OutgoingMessage:
    """E-mail that warns the owner of a removed second factor."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Your second factor was turned off"),
        heading=_("Your account asks for no code any more"),
        lines=(_("The password alone is asked for. If this was not you, choose a new password at once."),),
        path="/forgot-password",
        action=_("It was not me"),
    )


def staff_invited(event: StaffInvited) -> OutgoingMessage:
    """E-mail that invites staff."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("You are invited to the back office"),
        heading=_("Welcome to the team"),
        lines=(
            _("You may work here with the role “{role}”.", role=event.role),
            _("Choose a password with this link within three days; if you have one already, sign in with it."),
        ),
        path=f"/new-password?token={MASK}",
        action=_("Choose a password"),
        secret=Secret("invitation", event.user_id),
    )


def staff_changed(event: StaffChanged) -> OutgoingMessage:
    """E-mail to staff whose access changed."""
    if event.disabled:
        line = _("Your account was disabled: you cannot sign in any more.")
    elif event.role:
        line = _("Your role is now “{role}”. You were signed out; sign in again to go on.", role=event.role)
    else:
        line = _("You have no access to the back office any more. Your account stays, as that of a customer.")
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Your access to the back office changed"),
        heading=_("Your access changed"),
        lines=(line, _("If you did not expect this, ask an owner of the shop.")),
    )


def erased(event: UserErased) -> OutgoingMessage:
    """E-mail that confirms the deletion of an account; deleted once sent."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        subject=_("Your account was erased"),
        heading=_("Your account is erased"),
        lines=(
            _("Your profile, addresses and messages are gone; orders stay in our books without your name."),
            _("If this was not you, write to us at once."),
        ),
    )
