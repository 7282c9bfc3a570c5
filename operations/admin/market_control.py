"""Market control in the admin, read-only, with scenarios to switch on and off."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from exchanges.paper import SimulatorUnavailable
from operations.market_control import scenarios, simulator
from operations.models import MarketChange, MarketScenario, MarketSession
from operations.models.market_control import RIGHT
from realtime.admin import ReadOnly
from users.http import current_user


@admin.register(MarketScenario)
class MarketScenarioAdmin(ReadOnly):
    list_display = ["name", "description", "volatility", "trend", "volume", "active_since"]
    actions = ["activate", "deactivate"]

    def has_control_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"operations.{RIGHT}"))

    @admin.action(
        description="Switch on at the simulated venue (SIMULATED)", permissions=["control"]
    )
    def activate(self, request: HttpRequest, queryset: QuerySet[MarketScenario]) -> None:
        for scenario in queryset[:1]:
            self._switch(request, scenario, "on")

    @admin.action(
        description="Switch off at the simulated venue (SIMULATED)", permissions=["control"]
    )
    def deactivate(self, request: HttpRequest, queryset: QuerySet[MarketScenario]) -> None:
        for scenario in queryset:
            self._switch(request, scenario, "off")

    def _switch(self, request: HttpRequest, scenario: MarketScenario, wanted: str) -> None:
        switch = scenarios.activate_scenario if wanted == "on" else scenarios.deactivate_scenario
        try:
            switch(current_user(request), scenario)
        except (SimulatorUnavailable, simulator.SwitchedOff) as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, f"SIMULATED: scenario {scenario.name} is {wanted}.")


@admin.register(MarketSession)
class MarketSessionAdmin(ReadOnly):
    list_display = ["name", "by", "started_at", "stopped_at", "snapshot_at"]


@admin.register(MarketChange)
class MarketChangeAdmin(ReadOnly):
    list_display = ["at", "by", "act", "target", "outcome", "session"]
    list_filter = ["act", "outcome"]
    list_select_related = ["session"]
    search_fields = ["by", "target"]
    show_full_result_count = False
