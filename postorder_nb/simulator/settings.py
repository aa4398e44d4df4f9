"""What makes a simulator's world and the way it answers: checked, and fit to be written down."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from ..errors import InputError
from .acts import OUTLOOKS
from .behaviour import BEHAVIOURS, Behaviour
from .dialects import DIALECTS
from .scenarios import SCENARIOS, Scenario, find
from .search import OFFSETS
from .shop import CURRENCY

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments of `Simulator` that a world and its answers follow from."""

    returns: int = 2000
    days: int = 365
    seed: int = 7
    now: datetime | str | None = None
    offset: str = "rows"
    marketplace: str = "EBAY_US"
    full: str = "detail"
    life: str = "all"
    refund_status: str = "SUCCESS"
    refund_lag: float | None = None
    auto_refund: bool = True
    require_signatures: bool = False
    scenario: Scenario | str | None = None
    behaviour: Behaviour | str | None = None
    dialect: str = "2026"
    surprises: float | None = None

    def __post_init__(self) -> None:
        _one_of("offset", self.offset, OFFSETS)
        _one_of("marketplace", self.marketplace, tuple(CURRENCY))
        _one_of("full", self.full, ("detail", "both"))
        _one_of("life", self.life, ("all", "2026"))
        _one_of("dialect", self.dialect, tuple(DIALECTS))
        check_outlook(self.refund_status)
        find(self.scenario)
        if isinstance(self.behaviour, str):
            _one_of("behaviour", self.behaviour, tuple(BEHAVIOURS))
        if self.returns < 0 or self.days < 1:
            raise InputError(
                f"a world of {self.returns} returns over {self.days} days cannot be",
                advice="give returns >= 0 and days >= 1",
            )
        if self.refund_lag is not None and self.refund_lag < 0:
            raise InputError(f"refund_lag is {self.refund_lag}", advice="give seconds, or None")
        if self.surprises is not None and not 0 <= self.surprises <= 1:
            raise InputError(
                f"surprises is {self.surprises}", advice="give a share from 0 to 1, or None"
            )

    @property
    def manners(self) -> Behaviour:
        """How everybody behaves."""
        if isinstance(self.behaviour, str):
            return BEHAVIOURS[self.behaviour]
        return self.behaviour or Behaviour.still()

    def plain(self) -> Json:
        """Return the settings as JSON has them, all but the moment."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "now"}
        scenario = find(self.scenario)
        known = SCENARIOS.get(scenario.name) == scenario
        found["scenario"] = scenario.name if known else repr(scenario)
        found["behaviour"] = asdict(self.manners)
        return found

    def resume(self, stored: Json) -> Settings:
        """
        Return the settings of a file's world.

        What was given here must be what the file has; what is left to its default is taken
        from the file. Raises `InputError` where they differ, or where the file's release had
        settings that this one has not.
        """
        usual, mine = Settings().plain(), self.plain()
        taken: Json = {}
        for name, value in stored.items():
            if name not in mine:
                raise InputError(
                    f"the file has a setting {name!r} that this release has not",
                    advice="open it with the release that made it, or name a new file",
                )
            if mine[name] not in (usual[name], value):
                raise InputError(
                    f"{name} is {mine[name]!r}, and the file holds a world of {value!r}",
                    advice=f"leave {name} away, or name a new file",
                )
            taken[name] = value
        taken["behaviour"] = Behaviour(**taken["behaviour"])
        taken["scenario"] = self._same_scenario(taken["scenario"])
        return replace(self, **taken)

    def _same_scenario(self, stored: str) -> Scenario | str | None:
        """Return the scenario that a file names; one of somebody's own has to be given again."""
        if stored == self.plain()["scenario"]:
            return self.scenario
        if stored not in SCENARIOS:
            raise InputError(
                "the file was made with a scenario of its own", advice="give the same scenario"
            )
        return stored


def check_outlook(status: str) -> None:
    """Refuse what is no outlook for refunds; raises `InputError`."""
    _one_of("refund_status", status, OUTLOOKS)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} is {value!r}", advice=f"choose {' or '.join(map(repr, allowed))}")
