from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401 (importing registers them)
        from config.log_secrets import list_setting_secrets
        from users.redaction.redact import remember_secrets

        remember_secrets(list_setting_secrets())
