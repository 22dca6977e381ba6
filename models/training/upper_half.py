"""Training of `models.fine_tuned` on the CPU: the upper half of MiniLM and a linear head, over a lower half that stays.

What the lower layers say of a text is computed once, which halves the time.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from models.batches import padded_inputs
from models.bert_tensors import bert_tensors
from models.encoder import load_tokenizer
from models.fine_tuned import ATTENTION_HEADS, Form
from models.training.calibrate import measure_scales
from models.transformer_graph import quantise
from models.wheel import weights_folder

SEED = 1
LAYERS, TRAINED = 6, 3
BATCH, RATE, WARM_SHARE, LAST_RATE = 32, 2e-4, 0.1, 0.02
# Each layer learns a tenth slower than the one above, the heads ten times faster.
LAYER_DECAY, HEAD_RATE = 0.9, 10.0
DROPOUT = 0.1

State = dict[str, Tensor]
# The loss of a batch: its logits (b, width), and which texts they are of.
Loss = Callable[[Tensor, list[int]], Tensor]


@dataclass(frozen=True)
class Course:
    """How long is trained: `passes`, and the texts of each, drawn by `draw`, whose number is always the same."""

    passes: int
    draw: Callable[[random.Random], list[int]]


class Layer(nn.Module):
    """One layer of MiniLM under the names of `models.transformer_graph`."""

    def __init__(self, tensors: State, number: int) -> None:
        super().__init__()
        name = f"layers.{number}"
        self.query_key_value, self.output = (
            _linear(tensors, f"{name}.query_key_value"),
            _linear(tensors, f"{name}.output"),
        )
        self.up, self.down = _linear(tensors, f"{name}.up"), _linear(tensors, f"{name}.down")
        self.attention_norm = _norm(tensors, f"{name}.attention_norm")
        self.output_norm = _norm(tensors, f"{name}.output_norm")

    def forward(self, state: Tensor, mask: Tensor) -> Tensor:
        """The next states (b, s, d)."""
        texts, length, hidden = state.shape
        parts = self.query_key_value(state).split(hidden, -1)
        query, key, value = (part.view(texts, length, ATTENTION_HEADS, -1).transpose(1, 2) for part in parts)
        context = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        state = self.attention_norm(state + self.output(context.transpose(1, 2).reshape(texts, length, hidden)))
        found: Tensor = self.output_norm(state + self.down(functional.gelu(self.up(state))))
        return found


class Upper(nn.Module):
    """The layers that are trained, mean pooling, and one linear head."""

    def __init__(self, tensors: State, form: Form) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(tensors, number) for number in range(LAYERS - TRAINED, LAYERS))
        self.head = nn.Linear(tensors["places"].shape[1], form.width)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Logits (b, width) of what the lower layers left (b, s, d)."""
        for layer in self.layers:
            states = layer(states, mask)
        seen = mask.unsqueeze(-1).to(states.dtype)
        logits: Tensor = self.head(self.drop((states * seen).sum(1) / seen.sum(1)))
        return logits


class Lower:
    """The layers that stay as they are: what they say of a text is computed once."""

    def __init__(self, tensors: State, form: Form) -> None:
        self._tensors = tensors
        self._layers = [Layer(tensors, number) for number in range(LAYERS - TRAINED)]
        self._tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", form.max_tokens)

    @torch.inference_mode()
    def states(self, texts: Sequence[str]) -> list[Tensor]:
        """For each text its states (s, d), in half precision."""
        ids = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        found: list[Tensor] = [torch.empty(0)] * len(texts)
        for numbers in _by_length([len(one) for one in ids]):
            padded = nn.utils.rnn.pad_sequence([torch.tensor(ids[number]) for number in numbers], batch_first=True)
            mask = _mask([len(ids[number]) for number in numbers])
            state = self._embedded(padded)
            for layer in self._layers:
                state = layer(state, mask)
            for row, number in enumerate(numbers):
                found[number] = state[row, : len(ids[number])].half().clone()
        return found

    def _embedded(self, ids: Tensor) -> Tensor:
        take = self._tensors
        state = take["words"][ids] * take["words.scale"][ids].unsqueeze(-1) + take["places"][: ids.shape[1]]
        gain, shift = take["embeddings.norm.weight"], take["embeddings.norm.bias"]
        return functional.layer_norm(state + take["sides"][0], gain.shape, gain, shift, 1e-12)


def wheel_tensors(form: Form) -> State:
    """The tensors of the encoder's wheel in float32."""
    stored = bert_tensors(load_file(weights_folder() / "model.safetensors"), form.max_tokens)
    return {name: torch.from_numpy(np.asarray(value, np.float32)) for name, value in stored.items()}


def train_upper(texts: Sequence[str], loss_of: Loss, course: Course, tensors: State, form: Form) -> Upper:
    """Train on folded texts: AdamW, linear warm-up and decay, clipped gradients. Deterministic."""
    torch.manual_seed(SEED)
    chance, model, states = random.Random(SEED), Upper(tensors, form), Lower(tensors, form).states(texts)
    optimizer = torch.optim.AdamW(_groups(model), weight_decay=0.01)
    model.train()
    step, started = 0, time.monotonic()
    for number in range(1, course.passes + 1):
        drawn = course.draw(chance)
        steps, total = course.passes * math.ceil(len(drawn) / BATCH), 0.0
        for batch in _batches(drawn, states, chance):
            done = step / steps
            scale = done / WARM_SHARE if done < WARM_SHARE else max(LAST_RATE, (1 - done) / (1 - WARM_SHARE))
            for group in optimizer.param_groups:
                group["lr"] = group["rate"] * scale
            loss = loss_of(model(*_padded([states[place] for place in batch])), batch)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step, total = step + 1, total + loss.item() * len(batch)
        print(f"pass {number}: loss {total / len(drawn):.3f}, {time.monotonic() - started:.0f} s", flush=True)
    return model


@torch.inference_mode()
def read_texts(model: Upper, texts: Sequence[str], tensors: State, form: Form) -> np.ndarray:
    """What a network says of folded texts in float32: logits (len(texts), width)."""
    states = Lower(tensors, form).states(texts)
    found = np.empty((len(texts), form.width), np.float32)
    model.eval()
    for numbers in _by_length([len(one) for one in states]):
        found[numbers] = model(*_padded([states[number] for number in numbers])).numpy()
    return found


def pack(model: Upper, path: Path) -> None:
    """Write what was trained: int8 matrices with their scales, the rest in float32."""
    packed: dict[str, np.ndarray] = {}
    for key, value in model.state_dict().items():
        place, _, rest = key.removeprefix("layers.").partition(".")
        name = key if key.startswith("head") else f"layers.{int(place) + LAYERS - TRAINED}.{rest}"
        array = np.ascontiguousarray(value.numpy().T if value.dim() == 2 else value.numpy())
        if value.dim() == 2 and not key.startswith("head"):
            packed[name], packed[name.removesuffix("weight") + "scale"] = quantise(array, axis=0)
        else:
            packed[name] = array
    save_file({name: np.ascontiguousarray(value) for name, value in packed.items()}, path)


def measure(form: Form, texts: Sequence[str], folder: Path) -> None:
    """Write the scales of the int8 graph for the packed weights in `folder`, from what it makes of folded texts."""
    tokenizer = load_tokenizer(weights_folder() / "tokenizer.json", form.max_tokens)
    stored = bert_tensors(load_file(weights_folder() / "model.safetensors"), form.max_tokens)
    encoded = tokenizer.encode_batch(sorted(texts, key=len))
    batches = (padded_inputs(encoded[start : start + BATCH]) for start in range(0, len(encoded), BATCH))
    tensors = stored | load_file(folder / f"{form.name}.safetensors")
    save_file(measure_scales(tensors, ATTENTION_HEADS, batches), folder / f"{form.name}_scales.safetensors")


def _groups(model: Upper) -> list[dict[str, object]]:
    groups: list[dict[str, object]] = []
    for name, weight in model.named_parameters():
        depth = TRAINED - 1 - int(name.split(".")[1]) if name.startswith("layers") else 0
        rate = RATE * (HEAD_RATE if name.startswith("head") else LAYER_DECAY**depth)
        groups.append({"params": [weight], "rate": rate, "weight_decay": 0.01 if weight.dim() > 1 else 0.0})
    return groups


def _batches(places: list[int], states: Sequence[Tensor], chance: random.Random) -> Iterator[list[int]]:
    # Sorted within windows of some batches: little padding, and still mixed.
    chance.shuffle(places)
    window = BATCH * 20
    order = [
        place
        for at in range(0, len(places), window)
        for place in sorted(places[at : at + window], key=lambda place: len(states[place]))
    ]
    batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
    chance.shuffle(batches)
    yield from batches


def _by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    order = sorted(range(len(lengths)), key=lambda number: lengths[number])
    return (order[at : at + BATCH] for at in range(0, len(order), BATCH))


def _padded(states: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    padded = nn.utils.rnn.pad_sequence([one.float() for one in states], batch_first=True)
    return padded, _mask([len(one) for one in states])


def _mask(lengths: Sequence[int]) -> Tensor:
    return torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]


def _linear(tensors: State, name: str) -> nn.Linear:
    weight = tensors[f"{name}.weight"]
    layer = nn.Linear(*weight.shape)
    layer.weight.data, layer.bias.data = weight.T.clone(), tensors[f"{name}.bias"].clone()
    return layer


def _norm(tensors: State, name: str) -> nn.LayerNorm:
    gain = tensors[f"{name}.weight"]
    layer = nn.LayerNorm(gain.shape[0], eps=1e-12)
    layer.weight.data, layer.bias.data = gain.clone(), tensors[f"{name}.bias"].clone()
    return layer
