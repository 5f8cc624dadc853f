#!/usr/bin/env bash
# Installs what is missing (Debian 12), builds, and renders a travel to a video.
# usage: ./demo.sh [MODEL]      MODEL: a Stable Diffusion 1.x file; default: the tiny test model
set -euo pipefail
cd "$(dirname "$0")"

scripts/install_packages build
cmake --preset release -DPTRAVEL_TESTS=OFF
cmake --build --preset release

model=${1:-tests/data/tiny_sd1/model.safetensors}
size=512
if [ "$#" -eq 0 ]; then
  size=128
  echo "drawing with the tiny test model: its weights are random, so its pictures are patterns"
fi
build/release/bin/prompt-travel render --model "$model" --width "$size" --height "$size" \
  --prompt "(((masterpiece))), highres, ((boy)), child, cat ears, white hair, red eyes, yellow bell, red cloak, barefoot, angel, [flying], egyptian" \
  --prompt "((masterpiece)), highres, ((girl)), cat ears, light blue hair, red eyes, magical wand, barefoot, [running]" \
  --negative-prompt "lowres, bad anatomy, blurry" \
  --sampler "Euler a" --steps 15 --seed 114514 --travel-steps 12 --out outputs
