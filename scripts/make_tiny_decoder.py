#!/usr/bin/env python3
"""Writes tests/data/tiny_decoder: a decoder of TAESD's kind with random weights, and what it answers.

`decoder.pth` is saved by torch.save as the published files are, with the numbers of a Sequential.
`decode.safetensors` has a latent and the picture that PyTorch's own layers make of it, in [-1, 1]
where the published decoder would give [0, 1]. Needs torch alone.

    scripts/make_tiny_decoder.py [FOLDER]     default folder: tests/data/tiny_decoder beside scripts
"""

import json
import pathlib
import struct
import sys

import torch
from torch import nn

WIDTH = 8
BLOCKS = (2, 1, 1, 1)  # of each size; the published decoders have 3, 3, 3, 1 and a width of 64
GAIN = 1.7  # keeps the numbers of random filters from fading


class Squash(nn.Module):
    def forward(self, x):
        return 3 * torch.tanh(x / 3)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for _ in range(3):
            layers += [nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.ReLU()]
        self.conv = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return torch.relu(x + self.conv(x))


def decoder():
    layers = [Squash(), nn.Conv2d(4, WIDTH, 3, padding=1), nn.ReLU()]
    for level, count in enumerate(BLOCKS):
        if level > 0:
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False)]
        layers += [Residual() for _ in range(count)]
    return nn.Sequential(*layers, nn.Conv2d(WIDTH, 3, 3, padding=1))


def write_safetensors(path, tensors, about):
    header = {"__metadata__": about}
    data = b""
    for name, tensor in tensors.items():
        numbers = tensor.contiguous().flatten().tolist()
        piece = struct.pack("<%df" % len(numbers), *numbers)
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "tests/data/tiny_decoder"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    network = decoder()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_((parameter * GAIN).half().float())  # halves in the file, exactly
        latent = 2 * torch.randn(1, 4, 5, 7)
        picture = 2 * network(latent) - 1
    torch.save({name: value.half() for name, value in network.state_dict().items()},
               folder / "decoder.pth")
    write_safetensors(folder / "decode.safetensors", {"latent": latent, "picture": picture},
                      {"torch": torch.__version__})
    print(picture.mean().item(), picture.std().item(), picture.min().item(), picture.max().item())


main()
