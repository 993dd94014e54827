"""What buyers think."""

from shopwright.kit.manifest import Label

LABEL = Label(
    owns="reviews, ratings, votes, moderation (documents)",
    hears=("OrderPaid", "OrderImported", "UserErased"),
    tells=("ReviewPublished",),
)
