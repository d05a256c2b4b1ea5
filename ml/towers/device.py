"""Where tensors are computed."""

import torch


def best_device() -> torch.device:
    """CUDA where there is any, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def product_dtype(device: torch.device) -> torch.dtype:
    """What wide products of matrices are computed in: bfloat16 where the processor has it.

    It halves their time; sums are float32 either way.
    """
    if device.type == "cuda":
        return torch.bfloat16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32
