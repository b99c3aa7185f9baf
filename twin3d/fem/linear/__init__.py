"""Symmetric positive definite systems behind one interface: prepared once, solved many times."""

from twin3d.fem.linear.interface import RTOL, Array, Factor, Method, Order, SolveResult, SolveStatus
from twin3d.fem.linear.order import fill_reducing_order
from twin3d.fem.linear.preparation import prepare

__all__ = ["RTOL", "Array", "Factor", "Method", "Order", "SolveResult", "SolveStatus", "fill_reducing_order", "prepare"]
