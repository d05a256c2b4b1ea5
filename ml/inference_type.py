"""The type of a model's numbers where it answers requests on a CPU."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_CPU = Path("/proc/cpuinfo")


def inference_type() -> "torch.dtype":
    """The type bfloat16 where the CPU calculates with it, on x86 and on ARM; else float32."""
    import torch

    # As the instructions are called.
    return torch.bfloat16 if "bf16" in _CPU.read_text() else torch.float32
