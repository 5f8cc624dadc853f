#!/usr/bin/env python3
"""Writes a full-size Stable Diffusion checkpoint with random weights.

The names, shapes and number format (F16) of the public single files, for measuring loading, memory and speed
where no trained file is at hand. Pictures made with it are noise.

With a rank it writes a LoRA for such a model instead: for every layer of the UNet's transformers, as kohya's tools do.

usage: random_checkpoint.py sd1|sd2|sdxl OUT.safetensors [SEED [RANK]]
"""
import json
import math
import random
import struct
import sys

PERIOD = 65537  # A tensor repeats this many random numbers.

FAMILIES = {
    # channel multipliers, transformer depth of each level and of the middle, context, vector
    "sd1": dict(mult=(1, 2, 4, 4), depth=(1, 1, 1, 0), middle=1, context=768, vector=0, linear=False),
    "sd2": dict(mult=(1, 2, 4, 4), depth=(1, 1, 1, 0), middle=1, context=1024, vector=0, linear=True),
    "sdxl": dict(mult=(1, 2, 4), depth=(0, 2, 10), middle=10, context=2048, vector=2816, linear=True),
}


class Names(dict):
    """Shapes by name; norms' weights are ones."""

    def linear(self, name, out, inner, bias=True):
        self[name + ".weight"] = (out, inner)
        if bias:
            self[name + ".bias"] = (out,)

    def conv(self, name, out, inner, side):
        self[name + ".weight"] = (out, inner, side, side)
        self[name + ".bias"] = (out,)

    def norm(self, name, width):
        self[name + ".weight"] = ("ones", width)
        self[name + ".bias"] = (width,)


def add_unet(names, mult, depth, middle, context, vector, linear):
    prefix, width = "model.diffusion_model.", 320
    time = 4 * width

    def residual(block, inner, out):
        name = prefix + block + ".0"
        names.norm(name + ".in_layers.0", inner)
        names.conv(name + ".in_layers.2", out, inner, 3)
        names.linear(name + ".emb_layers.1", out, time)
        names.norm(name + ".out_layers.0", out)
        names.conv(name + ".out_layers.3", out, out, 3)
        if inner != out:
            names.conv(name + ".skip_connection", out, inner, 1)

    def transformer(block, channels, layers):
        name = prefix + block
        names.norm(name + ".norm", channels)
        for projection in (".proj_in", ".proj_out"):
            if linear:
                names.linear(name + projection, channels, channels)
            else:
                names.conv(name + projection, channels, channels, 1)
        for layer in range(layers):
            inner = f"{name}.transformer_blocks.{layer}"
            for attention, keys in ((".attn1", channels), (".attn2", context)):
                names.linear(inner + attention + ".to_q", channels, channels, False)
                names.linear(inner + attention + ".to_k", channels, keys, False)
                names.linear(inner + attention + ".to_v", channels, keys, False)
                names.linear(inner + attention + ".to_out.0", channels, channels)
            names.linear(inner + ".ff.net.0.proj", 8 * channels, channels)
            names.linear(inner + ".ff.net.2", channels, 4 * channels)
            for norm in (".norm1", ".norm2", ".norm3"):
                names.norm(inner + norm, channels)

    names.linear(prefix + "time_embed.0", time, width)
    names.linear(prefix + "time_embed.2", time, time)
    if vector:
        names.linear(prefix + "label_emb.0.0", time, vector)
        names.linear(prefix + "label_emb.0.2", time, time)
    names.conv(prefix + "input_blocks.0.0", width, 4, 3)
    channels, skips, block = width, [width], 1
    for level, factor in enumerate(mult):
        for _ in range(2):
            residual(f"input_blocks.{block}", channels, factor * width)
            channels = factor * width
            if depth[level]:
                transformer(f"input_blocks.{block}.1", channels, depth[level])
            skips.append(channels)
            block += 1
        if level + 1 < len(mult):
            names.conv(prefix + f"input_blocks.{block}.0.op", channels, channels, 3)
            skips.append(channels)
            block += 1
    for part in ("0", "2"):
        residual_name = f"middle_block.{part}"
        inner = prefix + residual_name
        names.norm(inner + ".in_layers.0", channels)
        names.conv(inner + ".in_layers.2", channels, channels, 3)
        names.linear(inner + ".emb_layers.1", channels, time)
        names.norm(inner + ".out_layers.0", channels)
        names.conv(inner + ".out_layers.3", channels, channels, 3)
    transformer("middle_block.1", channels, middle)
    block = 0
    for level in reversed(range(len(mult))):
        for i in range(3):
            residual(f"output_blocks.{block}", channels + skips.pop(), mult[level] * width)
            channels = mult[level] * width
            if depth[level]:
                transformer(f"output_blocks.{block}.1", channels, depth[level])
            if level and i == 2:
                slot = 2 if depth[level] else 1
                names.conv(prefix + f"output_blocks.{block}.{slot}.conv", channels, channels, 3)
            block += 1
    names.norm(prefix + "out.0", channels)
    names.conv(prefix + "out.2", 4, channels, 3)


def add_vae(names):
    prefix, width, mult = "first_stage_model.", 128, (1, 2, 4, 4)

    def residual(name, inner, out):
        names.norm(name + ".norm1", inner)
        names.conv(name + ".conv1", out, inner, 3)
        names.norm(name + ".norm2", out)
        names.conv(name + ".conv2", out, out, 3)
        if inner != out:
            names.conv(name + ".nin_shortcut", out, inner, 1)

    def middle(side, channels):
        residual(side + "mid.block_1", channels, channels)
        names.norm(side + "mid.attn_1.norm", channels)
        for part in ("q", "k", "v", "proj_out"):
            names.conv(side + "mid.attn_1." + part, channels, channels, 1)
        residual(side + "mid.block_2", channels, channels)

    encoder, decoder = prefix + "encoder.", prefix + "decoder."
    names.conv(encoder + "conv_in", width, 3, 3)
    channels = width
    for level, factor in enumerate(mult):
        for i in range(2):
            residual(f"{encoder}down.{level}.block.{i}", channels, factor * width)
            channels = factor * width
        if level + 1 < len(mult):
            names.conv(f"{encoder}down.{level}.downsample.conv", channels, channels, 3)
    middle(encoder, channels)
    names.norm(encoder + "norm_out", channels)
    names.conv(encoder + "conv_out", 8, channels, 3)
    names.conv(prefix + "quant_conv", 8, 8, 1)
    names.conv(prefix + "post_quant_conv", 4, 4, 1)
    names.conv(decoder + "conv_in", channels, 4, 3)
    middle(decoder, channels)
    for level in reversed(range(len(mult))):
        for i in range(3):
            residual(f"{decoder}up.{level}.block.{i}", channels, mult[level] * width)
            channels = mult[level] * width
        if level:
            names.conv(f"{decoder}up.{level}.upsample.conv", channels, channels, 3)
    names.norm(decoder + "norm_out", channels)
    names.conv(decoder + "conv_out", 3, channels, 3)


def add_clip(names, prefix, width=768, layers=12):
    names[prefix + "embeddings.token_embedding.weight"] = (49408, width)
    names[prefix + "embeddings.position_embedding.weight"] = (77, width)
    for i in range(layers):
        layer = f"{prefix}encoder.layers.{i}."
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            names.linear(layer + "self_attn." + part, width, width)
        names.linear(layer + "mlp.fc1", 4 * width, width)
        names.linear(layer + "mlp.fc2", width, 4 * width)
        names.norm(layer + "layer_norm1", width)
        names.norm(layer + "layer_norm2", width)
    names.norm(prefix + "final_layer_norm", width)


def add_open_clip(names, prefix, width, layers):
    names[prefix + "token_embedding.weight"] = (49408, width)
    names[prefix + "positional_embedding"] = (77, width)
    names[prefix + "text_projection"] = (width, width)
    for i in range(layers):
        layer = f"{prefix}transformer.resblocks.{i}."
        names[layer + "attn.in_proj_weight"] = (3 * width, width)
        names[layer + "attn.in_proj_bias"] = (3 * width,)
        names.linear(layer + "attn.out_proj", width, width)
        names.linear(layer + "mlp.c_fc", 4 * width, width)
        names.linear(layer + "mlp.c_proj", width, 4 * width)
        names.norm(layer + "ln_1", width)
        names.norm(layer + "ln_2", width)
    names.norm(prefix + "ln_final", width)


def write_numbers(file, shape, dice, blocks):
    if shape[0] == "ones":
        file.write(struct.pack("<e", 1.0) * math.prod(shape[1:]))
        return
    inner = math.prod(shape[1:]) if len(shape) > 1 else 2500
    if inner not in blocks:
        scale = 0.5 / math.sqrt(inner)
        numbers = [dice.gauss(0, scale) for _ in range(PERIOD)]
        blocks[inner] = struct.pack(f"<{PERIOD}e", *numbers)
    block, left = blocks[inner], 2 * math.prod(shape)
    while left > 0:
        file.write(block[:left])
        left -= len(block)


def lora_names(model, rank):
    """A LoRA of this rank for the UNet's transformers; its scale is one."""
    names = Names()
    for name, shape in model.items():
        layer = name.removesuffix(".weight")
        inside = ".transformer_blocks." in name and ".norm" not in name
        if layer == name or not (inside or layer.endswith((".proj_in", ".proj_out"))):
            continue
        module = "lora_unet_" + layer.removeprefix("model.diffusion_model.").replace(".", "_")
        ones = (1, 1) if len(shape) == 4 else ()
        names[module + ".lora_up.weight"] = (shape[0], rank) + ones
        names[module + ".lora_down.weight"] = (rank, shape[1]) + ones
    return names


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in FAMILIES:
        sys.exit(__doc__)
    family, path = sys.argv[1], sys.argv[2]
    dice = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    names = Names()
    add_unet(names, **FAMILIES[family])
    if len(sys.argv) > 4:
        names = lora_names(names, int(sys.argv[4]))
        return write_file(path, names, dice)
    add_vae(names)
    if family == "sd1":
        add_clip(names, "cond_stage_model.transformer.text_model.")
    elif family == "sd2":
        add_open_clip(names, "cond_stage_model.model.", 1024, 24)
    else:
        add_clip(names, "conditioner.embedders.0.transformer.text_model.")
        add_open_clip(names, "conditioner.embedders.1.model.", 1280, 32)
    write_file(path, names, dice)


def write_file(path, names, dice):
    header, at = {}, 0
    for name, shape in names.items():
        sides = [side for side in shape if side != "ones"]
        end = at + 2 * math.prod(sides)
        header[name] = {"dtype": "F16", "shape": sides, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        blocks = {}
        for shape in names.values():
            write_numbers(file, shape, dice, blocks)
    print(f"{path}: {at / 2e6:.1f} M parameters, {at / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
