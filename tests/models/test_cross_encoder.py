"""The int8 graph: the same answer as torch's, for each pair alone, from weights that hold nothing but tensors."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from models import int8_graph
from models.cross_encoder import RELATIONS, WEIGHTS, CrossEncoder, load_cross_encoder, related_odds
from models.encoder import weights_folder
from models.int8_graph import quantise
from models.stance import StancePair
from models.training.pack import pack

PAIRS = [
    StancePair("The MMR vaccine causes autism.", "", "my nephew stopped talking after his shot"),
    StancePair("Raw milk is safer.", "Raw milk carries germs. They kill.", "we love our raw milk share " * 20),
    StancePair("Ivermectin cures COVID-19.", "Trials found no benefit.", ""),
]


@pytest.fixture(scope="module")
def reader() -> CrossEncoder:
    return load_cross_encoder()


def test_the_packed_graph_answers_as_the_model_that_was_packed(tmp_path: Path) -> None:
    torch.manual_seed(3)
    config = BertConfig(hidden_size=96, num_hidden_layers=2, num_attention_heads=12, intermediate_size=192)
    model, head = BertModel(config, add_pooling_layer=False).eval(), torch.nn.Linear(96, len(RELATIONS))
    state = {f"encoder.{name}": value.numpy() for name, value in model.state_dict().items()}
    state |= {f"head.{name}": value.detach().numpy() for name, value in head.state_dict().items()}
    pack(state, tmp_path / "tiny.safetensors")
    tokenizer = weights_folder() / "tokenizer.json"
    found = CrossEncoder(tmp_path / "tiny.safetensors", tokenizer).read(PAIRS)
    for row, pair in zip(found, PAIRS, strict=True):
        own = CrossEncoder(tmp_path / "tiny.safetensors", tokenizer)._tokenizer.encode(pair.claim, pair.post.strip())
        with torch.inference_mode():
            hidden = model(torch.tensor([own.ids]), token_type_ids=torch.tensor([own.type_ids])).last_hidden_state
            expected = head(hidden.mean(1))[0].numpy()
        assert np.abs(row - expected).max() < 0.02 * np.abs(expected).max() + 0.01


def test_a_score_depends_on_its_pair_alone(reader: CrossEncoder) -> None:
    together = reader.read(PAIRS)
    alone = np.concatenate([reader.read([pair]) for pair in PAIRS])
    np.testing.assert_allclose(together, alone, atol=2e-4)


def test_no_pairs_give_no_rows(reader: CrossEncoder) -> None:
    assert reader.read([]).shape == (0, len(RELATIONS))


def test_quantising_keeps_a_matrix_to_half_a_level() -> None:
    weight = np.random.default_rng(0).standard_normal((8, 5)).astype(np.float32)
    weight[:, 2] = 0
    values, scale = quantise(weight, axis=0)
    assert values.dtype == np.int8
    assert np.abs(values * scale - weight).max() <= scale.max() / 2 + 1e-6


def test_related_odds_are_those_of_the_four_against_unrelated() -> None:
    logits = np.log(np.array([[0.1, 0.2, 0.3, 0.2, 0.2]], dtype=np.float32))
    assert related_odds(logits)[0] == pytest.approx(np.log(0.8 / 0.2), abs=1e-5)


def test_the_weights_are_small_and_plain() -> None:
    assert WEIGHTS.suffix == ".safetensors"
    assert WEIGHTS.stat().st_size < 30_000_000
    assert int8_graph.OPSET == 20


@pytest.mark.parametrize(
    ("post", "relation"),
    [
        ("The MMR vaccine causes autism. My nephew stopped talking two weeks after his shot.", "promotes"),
        ("MMR vaccine gave my son autism and his doctor won't admit it", "promotes"),
        ("Vaccines do not cause autism.", "debunks"),
        ("Does the MMR vaccine cause autism?", "questions"),
        ("We had a lovely picnic by the river on Sunday.", "unrelated"),
    ],
)
def test_plain_posts_are_read_as_a_person_would(reader: CrossEncoder, post: str, relation: str) -> None:
    logits = reader.read([StancePair(PAIRS[0].claim, "", post)])[0]
    assert RELATIONS[int(logits.argmax())] == relation
