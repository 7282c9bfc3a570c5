"""Many users at once, who need no password."""

from users.models import User


def crowd(number: int, *, prefix: str = "user", **fields: object) -> list[User]:
    people = [User(username=f"{prefix}{one}", **fields) for one in range(number)]
    return User.objects.bulk_create(people)
