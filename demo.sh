#!/usr/bin/env bash
# Installs what is missing (Debian 12), builds, renders a travel to a video and a contact sheet, and says how to
# open the page.
# usage: ./demo.sh [OPTION...]      options go on to "prompt-travel render": ./demo.sh --model sd15.safetensors
set -euo pipefail
cd "$(dirname "$0")"

scripts/install_packages build
cmake --preset release -DPTRAVEL_TESTS=OFF -DPTRAVEL_TRAIN=OFF
cmake --build --preset release

echo "rendering; the video and the contact sheet are named at the end"
build/release/bin/prompt-travel render \
  --prompt "(((masterpiece))), highres, ((boy)), child, cat ears, white hair, red eyes, yellow bell, red cloak, barefoot, angel, [flying], egyptian" \
  --prompt "((masterpiece)), highres, ((girl)), cat ears, light blue hair, red eyes, magical wand, barefoot, [running]" \
  --travel-steps 12 --steps 15 --seed 114514 --contact-sheet --out outputs "$@"

echo "the same in a browser: build/release/bin/prompt-travel serve, then open http://127.0.0.1:7861/"
