"""Staff accounts."""

from shopwright.app import Shop
from shopwright.services.users.contract import User

PASSWORD = "harbour at seven"


async def staff_member(shop: Shop, email: str = "sue@example.com", role: str = "support") -> User:
    """A staff account with a password."""
    user = await shop.users.invite_staff(email, "Sue", role)
    await shop.users.reset_password(await shop.users.invitation_token(user.id), PASSWORD)
    return user
