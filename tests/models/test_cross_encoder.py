"""The int8 graph: the same answer as torch's, for each pair alone, from weights that hold nothing but tensors."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from transformers import BertConfig, BertModel

from models.batches import padded_inputs
from models.cross_encoder import (
    HEADS,
    MAX_TOKENS,
    RELATIONS,
    WEIGHTS,
    CrossEncoder,
    load_cross_encoder,
    related_odds,
)
from models.encoder import load_tokenizer
from models.inference import RUNTIMES, choose_runtime, open_session
from models.stance import StancePair
from models.training.calibrate import measure_scales
from models.training.pack import pack
from models.transformer_graph import OPSET, build_graph, quantise
from models.wheel import weights_folder

PAIRS = [
    StancePair("The MMR vaccine causes autism.", "", "my nephew stopped talking after his shot"),
    StancePair("Raw milk is safer.", "Raw milk carries germs. They kill.", "we love our raw milk share " * 20),
    StancePair("Ivermectin cures COVID-19.", "Trials found no benefit.", ""),
]


@pytest.fixture(scope="module")
def reader() -> CrossEncoder:
    return load_cross_encoder()


def tiny_weights(folder: Path) -> tuple[Path, BertModel, torch.nn.Linear]:
    """A small reader of random weights, packed, and the model that was packed."""
    torch.manual_seed(3)
    config = BertConfig(hidden_size=96, num_hidden_layers=2, num_attention_heads=12, intermediate_size=192)
    model, head = BertModel(config, add_pooling_layer=False).eval(), torch.nn.Linear(96, len(RELATIONS))
    state = {f"encoder.{name}": value.numpy() for name, value in model.state_dict().items()}
    state |= {f"head.{name}": value.detach().numpy() for name, value in head.state_dict().items()}
    pack(state, folder / "tiny.safetensors")
    return folder / "tiny.safetensors", model, head


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_packed_graph_answers_as_the_model_that_was_packed(tmp_path: Path, runtime: str) -> None:
    weights, model, head = tiny_weights(tmp_path)
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", MAX_TOKENS)
    encoded = tokenizer.encode_batch([(pair.claim, pair.post.strip()) for pair in PAIRS])
    batches = [padded_inputs([one]) for one in encoded]
    save_file(measure_scales(load_file(weights), HEADS, batches), tmp_path / "scales.safetensors")
    reader = load_cross_encoder(choose_runtime(runtime), weights=weights, scales=tmp_path / "scales.safetensors")
    for row, one in zip(reader.read(PAIRS), encoded, strict=True):
        with torch.inference_mode():
            hidden = model(torch.tensor([one.ids]), token_type_ids=torch.tensor([one.type_ids])).last_hidden_state
            expected = head(hidden.mean(1))[0].numpy()
        assert np.abs(row - expected).max() < 0.02 * np.abs(expected).max() + 0.01


def test_in_float32_the_graph_says_what_torch_says(tmp_path: Path) -> None:
    weights, model, head = tiny_weights(tmp_path)
    inputs = {"ids": np.array([[101, 7592, 2088, 102]]), "types": np.zeros((1, 4), np.int64)}
    inputs |= {"positions": np.arange(4)[None], "mask": np.ones((1, 4), np.float32)}
    graph = build_graph(load_file(weights), HEADS)
    found = open_session(graph, choose_runtime("onnxruntime")).run(inputs)
    with torch.inference_mode():
        expected = head(model(torch.tensor(inputs["ids"])).last_hidden_state.mean(1)).numpy()
    assert np.abs(found - expected).max() < 0.02


def test_a_score_depends_on_its_pair_alone(reader: CrossEncoder) -> None:
    together = reader.read(PAIRS)
    alone = np.concatenate([reader.read([pair]) for pair in PAIRS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


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
    assert OPSET == 20


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
