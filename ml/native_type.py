"""The type of numbers that this CPU multiplies fastest."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_WITH_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")
"""Names of the instructions in torch, on x86 and, the last one, on ARM."""


def native_type() -> "torch.dtype":
    """bfloat16 where the CPU multiplies it natively, in half the time; else float32."""
    import torch

    usable = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    able = torch.cpu.get_capabilities()
    native = usable and any(able.get(name) for name in _WITH_BFLOAT16)
    return torch.bfloat16 if native else torch.float32
