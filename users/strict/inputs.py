"""Fields of forms that read numbers as strictly as the API."""

from typing import Any

from django import forms

from users.strict.numbers import is_plain_number


class NumberInput(forms.DecimalField):
    """A decimal in ASCII digits; Django's field also takes 1_000 and the digits of any script."""

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not is_plain_number(str(value).strip()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)
