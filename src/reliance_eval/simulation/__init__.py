"""Simulation: extracts of people who never existed, for a protocol, with their true effects."""

from reliance_eval.simulation.simulating import Simulation, simulate
from reliance_eval.simulation.truth import Effect, Truth
from reliance_eval.simulation.world import WATERMARK, WORLDS, World

__all__ = ["WATERMARK", "WORLDS", "Effect", "Simulation", "Truth", "World", "simulate"]
