"""The waves of a study: each screened and drawn in its year, and read together afterwards."""

from __future__ import annotations

from reliance_eval.eligibility import Flow, screen
from reliance_eval.errors import Fault, ProtocolError, UnreadableInput
from reliance_eval.extract import open_extract, read_extract
from reliance_eval.lottery import Draw
from reliance_eval.lottery.ledger import CALLED
from reliance_eval.lottery.pooling import drawn_before, leave_out, pooled_draw, pooled_flow
from reliance_eval.study.deliveries import delivered
from reliance_eval.study.folder import Study, open_study
from reliance_eval.study.ledger_file import read_ledger


def is_drawn(study: Study) -> bool:
    """Say whether a study's draw was held."""
    return study.recorded_inputs("draw") is not None


def drawn_waves(study: Study) -> tuple[Study, ...]:
    """Give the studies of the waves that were drawn, in the order of their days."""
    waves = (study.of_wave(name) for name in study.waves)
    return tuple(wave for wave in waves if is_drawn(wave))


def waiting_waves(study: Study) -> tuple[Study, ...]:
    """Give the studies of the waves that may be held now: their list has come, no draw was."""
    frame = study.protocol.clauses.eligibility.extract
    waves = (study.of_wave(name) for name in study.waves)
    return tuple(w for w in waves if not is_drawn(w) and delivered(w.protocol, frame))


def earlier_draws(study: Study) -> dict[str, Draw]:
    """Give the draws of the waves before a wave's, which all have to be held.

    Raises
    ------
    UnreadableInput
        One of them was not.
    """
    whole = open_study(study.folder)
    draws: dict[str, Draw] = {}
    for name in whole.waves[: whole.waves.index(study.wave)]:
        before = whole.of_wave(name)
        if not is_drawn(before):
            raise UnreadableInput(Fault("E-WAVE-BEFORE", before.address, {"wave": name}))
        draws[name] = before.load("draw")
    return draws


def screen_wave(study: Study) -> Flow:
    """Screen a wave on the list of its time, without whom an earlier wave drew."""
    draws = earlier_draws(study)
    flow = screen(read_extract(study.protocol.clauses.eligibility.extract, study.protocol))
    offered, control = drawn_before(draws)
    called = read_ledger(open_study(study.folder).out).units(CALLED)
    return leave_out(flow, offered=offered | called, control=control)


def pool_flow(study: Study) -> Flow:
    """Read the screens of the waves drawn as one flow."""
    draws = _draws(study)
    records = [r for d in draws.values() for r in d.nearest(Flow).deliveries]
    name = study.protocol.clauses.eligibility.extract
    extract = open_extract(name, study.protocol, tuple(dict.fromkeys(records)))
    return pooled_flow(extract, draws)


def pool_draw(study: Study) -> Draw:
    """Read the draws of the waves as one."""
    return pooled_draw(study.load("flow"), _draws(study))


def require_no_waves(study: Study) -> None:
    """Refuse an act that is one wave's in a study of several.

    Raises
    ------
    ProtocolError
        Name the wave.
    """
    if study.waves:
        named = ", ".join(study.of_wave(name).address for name in study.waves)
        raise ProtocolError(Fault("E-WAVE-NAMED", "", {"waves": named}))


def require_whole(study: Study) -> None:
    """Refuse an act of the whole study where one wave is named.

    Raises
    ------
    ProtocolError
        Name the study folder alone.
    """
    if study.wave:
        values = {"wave": study.wave, "folder": str(study.folder)}
        raise ProtocolError(Fault("E-WAVE-WHOLE", "", dict(values)))


def _draws(study: Study) -> dict[str, Draw]:
    draws = {wave.wave: wave.load("draw") for wave in drawn_waves(study)}
    if not draws:
        first = study.of_wave(study.waves[0])
        raise UnreadableInput(Fault("E-WAVE-BEFORE", first.address, {"wave": first.wave}))
    return draws
