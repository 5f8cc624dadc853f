#!/usr/bin/env python3
"""Writes tests/data/pictures: small pictures with parameters as other programs leave them.

Each stands for a program or a way to store a text; pictures.json says what must be read from it. The
JPEG and WebP are those of tests/media/data with a block of EXIF added.

    scripts/make_test_pictures.py [FOLDER]     default folder: tests/data/pictures beside scripts
"""

import json
import pathlib
import struct
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
MEDIA = ROOT / "tests/media/data"
SIDE = 16


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(texts, end=True):
    """A grey PNG; texts are (chunk kind, keyword, bytes)."""
    pixels = zlib.compress(b"".join(b"\0" + b"\x80" * SIDE for _ in range(SIDE)))
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0))]
    for kind, keyword, data in texts:
        head = keyword.encode() + b"\0"
        if kind == "zTXt":
            data = b"\0" + zlib.compress(data)
        elif kind == "iTXt":
            data = b"\1\0\0\0" + zlib.compress(data)
        parts.append(chunk(kind.encode(), head + data))
    parts.append(chunk(b"IDAT", pixels))
    return b"".join(parts + ([chunk(b"IEND", b"")] if end else []))


def exif(comment, order):
    """A TIFF block whose EXIF folder holds UserComment."""
    pack = lambda form, *values: struct.pack(("<" if order == "II" else ">") + form, *values)
    mark = b"II\x2a\0" if order == "II" else b"MM\0\x2a"
    folder = 8 + 2 + 12 + 4
    return (mark + pack("I", 8) + pack("HHHIII", 1, 0x8769, 4, 1, folder, 0) +
            pack("HHHIII", 1, 0x9286, 7, len(comment), folder + 18, 0) + comment)


def jpeg_with(block):
    source = (MEDIA / "plain.jpg").read_bytes()
    data = b"Exif\0\0" + block
    return source[:2] + b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data + source[2:]


def webp_with(block):
    source = (MEDIA / "lossy.webp").read_bytes()
    size = struct.pack("<I", 24 - 1)[:3] + struct.pack("<I", 16 - 1)[:3]
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\x08\0\0\0" + size + source[12:]
    body += b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def comfyui_graph():
    link = lambda node, output=0: [node, output]
    node = lambda kind, **inputs: {"class_type": kind, "inputs": inputs}
    return {
        "3": node("KSampler", seed=1102676403634909123, steps=4, cfg=6.5, sampler_name="dpmpp_2m",
                  scheduler="karras", denoise=1.0, model=link("4"), positive=link("6"),
                  negative=link("7"), latent_image=link("5")),
        "4": node("CheckpointLoaderSimple", ckpt_name="base.safetensors"),
        "5": node("EmptyLatentImage", width=64, height=96, batch_size=1),
        "6": node("CLIPTextEncode", text="girl, (smile:1.2) [x]", clip=link("4", 1)),
        "7": node("CLIPTextEncode", text="", clip=link("4", 1)),
        "8": node("VAEDecode", samples=link("3"), vae=link("4", 2)),
        "9": node("SaveImage", filename_prefix="ComfyUI", images=link("8")),
    }


WEBUI = "Negative prompt: lowres\nSteps: 6, Sampler: Euler, CFG scale: 7, Seed: 11, Size: 64x64"
HASH = "\uff03"


def pictures():
    """(file name, bytes, what must be read)"""
    text = lambda words: words.encode()
    yield "hires.png", png([("tEXt", "parameters", text(
        f"girl\n{WEBUI}, Denoising strength: 0.6, Hires upscale: 2, Version: v1.9.0"))]), {
            "program": "web UI", "prompt": "girl",
            "items": {"Denoising strength": "0.6", "Hires upscale": "2", "Hires upscaler": "Latent"},
            "notes": []}
    yield "hash_sign_1_6.png", png([("zTXt", "parameters", text(
        f"girl, #1 fan [a:b:0.5]\n{WEBUI}, Version: v1.5.1"))]), {
            "program": "web UI", "prompt": f"girl, {HASH}1 fan [a:b:0.5]",
            "items": {"Old prompt editing timelines": "True"}, "notes": ["half precision"]}
    yield "utf8_in_text.png", png([("tEXt", "parameters", text(f"größe, 森\n{WEBUI}"))]), {
        "program": "web UI", "prompt": "größe, 森", "notes": []}
    yield "latin1_in_itxt.png", png([("iTXt", "parameters", f"größe\n{WEBUI}".encode("latin-1"))]), {
        "program": "web UI", "prompt": "größe", "notes": []}
    yield "without_end.png", png([("tEXt", "parameters", text(f"girl\n{WEBUI}"))], end=False), {
        "program": "web UI", "prompt": "girl", "notes": [], "broken": True}
    yield "utf16_little.jpg", jpeg_with(exif(
        b"UNICODE\0" + f"森の猫\n{WEBUI}".encode("utf-16-le"), "II")), {
            "program": "web UI", "prompt": "森の猫", "items": {"Seed": "11"}, "notes": []}
    yield "utf16_big_in_little.webp", webp_with(exif(
        b"UNICODE\0" + f"森の猫\n{WEBUI}".encode("utf-16-be"), "II")), {
            "program": "web UI", "prompt": "森の猫", "items": {"Seed": "11"}, "notes": []}
    yield "stable_diffusion_cpp.png", png([("tEXt", "parameters", text(
        "girl, [smile]\nSteps: 6, CFG scale: 7.000000, Guidance: 3.500000, Eta: 0.000000, Seed: 11, "
        "Size: 64x64, Model: m.safetensors, RNG: cuda, Sampler: dpm++2m karras, "
        "Version: stable-diffusion.cpp"))]), {
            "program": "stable-diffusion.cpp", "prompt": "girl, (smile:0.909091)",
            "items": {"Sampler": "DPM++ 2M", "Schedule type": "Karras"},
            "absent": ["Eta", "Guidance"], "notes": []}
    yield "sdnext.png", png([("tEXt", "parameters", text(
        "girl\nNegative prompt: lowres\nSteps: 6, Size: 64x64, Sampler: Euler a, Seed: 11, "
        "CFG scale: 7, CLiP-skip: 2, App: SD.Next, Version: 1a2b3c4"))]), {
            "program": "SD.Next", "prompt": "girl", "items": {"Clip skip": "2", "Sampler": "Euler a"},
            "notes": ["SD.Next"]}
    yield "novelai.png", png([
        ("tEXt", "Description", b"1girl, {smile}"), ("tEXt", "Software", b"NovelAI"),
        ("tEXt", "Comment", text(json.dumps({
            "steps": 28, "sampler": "k_euler_ancestral", "seed": 123456789, "strength": 0.7,
            "noise": 0.2, "scale": 11.0, "uc": "lowres"})))]), {
                "program": "NovelAI", "prompt": "1girl, (smile:1.05)",
                "items": {"Steps": "28", "Sampler": "Euler a", "CFG scale": "11.0",
                          "Seed": "123456789", "Size": "16x16", "Clip skip": "2", "ENSD": "31337"},
                "absent": ["Denoising strength"], "notes": ["NovelAI"]}
    yield "comfyui.png", png([("tEXt", "prompt", text(json.dumps(comfyui_graph()))),
                              ("tEXt", "workflow", b"{}")]), {
        "program": "ComfyUI", "prompt": "girl, (smile:1.2) \\[x\\]",
        "items": {"Seed": "1102676403634909123", "Sampler": "DPM++ 2M", "Schedule type": "Karras",
                  "Size": "64x96", "RNG": "CPU"},
        "notes": ["first noise", "weights"]}
    yield "invokeai.png", png([("tEXt", "invokeai_metadata", text(json.dumps({
        "app_version": "3.7.0", "generation_mode": "txt2img", "positive_prompt": "girl, smile++",
        "negative_prompt": "lowres", "width": 64, "height": 64, "seed": 11, "rand_device": "cpu",
        "cfg_scale": 7.5, "steps": 6, "scheduler": "euler_k",
        "model": {"name": "sd15", "base": "sd-1"}})))]), {
            "program": "InvokeAI", "prompt": "girl, (smile:1.21)",
            "items": {"Sampler": "Euler", "Schedule type": "Karras", "RNG": "CPU"},
            "notes": ["InvokeAI"]}
    yield "fooocus.png", png([("tEXt", "fooocus_scheme", b"fooocus"),
                              ("tEXt", "parameters", text(json.dumps({
                                  "full_prompt": ["girl", "cinematic"], "steps": 30,
                                  "full_negative_prompt": ["lowres"], "seed": "11",
                                  "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras",
                                  "resolution": "(64, 96)", "guidance_scale": 4.0,
                                  "sharpness": 2.0, "version": "Fooocus v2.3.1"})))]), {
        "program": "Fooocus", "prompt": "girl, cinematic",
        "items": {"Sampler": "DPM++ 2M SDE", "Size": "64x96"}, "notes": ["Fooocus", "sharpness: 2.0"]}


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/data/pictures"
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, data, meant in pictures():
        (folder / name).write_bytes(data)
        expected[name] = meant
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (folder / "pictures.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
