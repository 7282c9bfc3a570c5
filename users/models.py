"""Who somebody is."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person or a platform with exchange keys; staff are operators."""

    class Meta(AbstractUser.Meta):
        db_table = "users_user"
