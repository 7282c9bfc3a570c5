"""The column of an amount of money or coins."""

from typing import Any

from django.db import models


class MoneyField(models.DecimalField):  # type: ignore[type-arg]
    """A decimal with 20 digits before the point and 18 after it: enough for any venue."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs |= {"max_digits": 38, "decimal_places": 18}
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def deconstruct(self) -> Any:
        """Name the place that the migrations know it by."""
        name, _, args, kwargs = super().deconstruct()
        return name, "orders.models.MoneyField", args, kwargs
