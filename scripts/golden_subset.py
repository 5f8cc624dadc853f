#!/usr/bin/env python3
"""Copies sets of golden numbers, smaller: for machines that get them in an archive.

usage: scripts/golden_subset.py FROM TO SET...

What golden_check can do without is left out: rows of token embeddings that no text of the sets needs become
zeros (which pack well), pictures that are there as bytes too, double precision of samplers, everything that needs
PTRAVEL_MEDIA. The sets stay sets: golden_check finds its cases by the names of tensors.
"""
import json
import pathlib
import re
import shutil
import struct
import sys
import unicodedata

MERGES = 48894
MEDIA_ONLY = re.compile(r'motion/(measures|retime|upscale|rife|film|flow)')
SPARE_TENSORS = {
    'tiny_sd1/runs.safetensors': re.compile(r'/(decoded|callback_x)$'),
    'tiny_sdxl/runs.safetensors': re.compile(r'/(decoded|callback_x)$'),
}
LEAST_VOCABULARY = 10000


def read_safetensors(path):
    data = path.read_bytes()
    length = struct.unpack('<Q', data[:8])[0]
    return json.loads(data[8:8 + length]), memoryview(data)[8 + length:]


def write_safetensors(path, header, tensors):
    """`tensors`: bytes by name, in their new order."""
    entries = {'__metadata__': header['__metadata__']} if '__metadata__' in header else {}
    place = 0
    for name, data in tensors.items():
        entries[name] = dict(header[name], data_offsets=[place, place + len(data)])
        place += len(data)
    text = json.dumps(entries, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with path.open('wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for data in tensors.values():
            file.write(data)


def byte_letters():
    """CLIP's letter for each byte."""
    kept = [*range(ord('!'), ord('~') + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in kept]
    letters = {byte: chr(byte) for byte in kept}
    letters.update({byte: chr(256 + i) for i, byte in enumerate(others)})
    return [letters[byte] for byte in kept + others], letters


def vocabulary(merges_file):
    """CLIP's tokens by their ids."""
    letters, _ = byte_letters()
    merges = merges_file.read_text(encoding='utf-8').splitlines()[:MERGES]
    return letters + [letter + '</w>' for letter in letters] + [line.replace(' ', '') for line in merges]


def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from strings_of(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings_of(member)


def needed_tokens(folders, merges_file):
    """Ids of all tokens that are part of any text of the sets, and of those that stand for single bytes."""
    _, letters = byte_letters()
    words = set()
    for folder in folders:
        for path in folder.rglob('*.json'):
            for text in strings_of(json.loads(path.read_text(encoding='utf-8'))):
                for form in (text, unicodedata.normalize('NFC', text), unicodedata.normalize('NFKC', text)):
                    for word in form.lower().split():
                        words.add(''.join(letters[byte] for byte in word.encode('utf-8')))
    whole = '\n'.join(words)
    tokens = vocabulary(merges_file)
    needed = {i for i, token in enumerate(tokens) if i < 512 or token.removesuffix('</w>') in whole}
    return needed | {len(tokens), len(tokens) + 1}


def smaller(path, name, needed):
    """The tensors of a file that are copied."""
    header, data = read_safetensors(path)
    spare = SPARE_TENSORS.get(name)
    tensors = {}
    for tensor, entry in header.items():
        if tensor == '__metadata__' or (spare and spare.search(tensor)):
            continue
        begin, end = entry['data_offsets']
        content = bytes(data[begin:end])
        if entry['shape'] and entry['shape'][0] > LEAST_VOCABULARY and len(entry['shape']) == 2:
            row = len(content) // entry['shape'][0]
            rows = bytearray(len(content))
            for token in needed:
                rows[token * row:(token + 1) * row] = content[token * row:(token + 1) * row]
            content = bytes(rows)
        tensors[tensor] = content
    return header, tensors


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    source, target = map(pathlib.Path, sys.argv[1:3])
    folders = [source / name for name in sys.argv[3:]]
    merges = next((path for path in [*pathlib.Path('build').glob('*/vocabulary/clip_merges.txt'),
                                     pathlib.Path.home() / '.cache/prompt-travel/clip_merges.txt']
                   if path.exists()), None)
    if merges is None:
        sys.exit("CLIP's merges were not found; configure the project first (cmake --preset release)")
    needed = needed_tokens(folders, merges)
    for folder in folders:
        for path in sorted(folder.rglob('*')):
            name = path.relative_to(source).as_posix()
            if path.is_dir() or MEDIA_ONLY.match(name):
                continue
            to = target / name
            to.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == '.safetensors':
                write_safetensors(to, *smaller(path, name, needed))
            else:
                shutil.copyfile(path, to)
    print(f'{len(needed)} of {MERGES + 514} token embeddings are kept')


if __name__ == '__main__':
    main()
