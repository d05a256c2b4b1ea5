from datetime import datetime

import numpy as np
import pytest
import torch

from ml.dataset import Dataset
from ml.towers.config import TowersConfig
from ml.towers.loss import product_dtype
from ml.towers.training import best_device, train


def test_products_have_the_type_that_the_processor_supports() -> None:
    able = torch.cpu.get_capabilities()
    native = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    assert (product_dtype(torch.device("cpu")) == torch.bfloat16) == native


def test_cuda_is_used_if_it_is_available() -> None:
    assert (best_device().type == "cuda") == torch.cuda.is_available()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="only CUDA shows a wrong device")
def test_a_model_trained_on_cuda_is_served_on_the_cpu(
    shop: Dataset, config: TowersConfig, now: datetime
) -> None:
    bundle = train(shop, config, seed=0)
    vectors = bundle.encode_users(shop.users, shop.interactions, now)
    assert np.isfinite(vectors).all()
    assert vectors.shape == (len(shop.users), config.dim)
