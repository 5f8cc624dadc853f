#!/usr/bin/env bash
# Installs what is missing (Debian 12), builds, and runs every check and test. Among what is installed are Slurm's
# daemons and a NATS server (tests start whole ones of their own) and a browser.
set -euo pipefail
cd "$(dirname "$0")"

scripts/install_packages build test check page slurm nats
scripts/check_includes
scripts/check_format
cmake --preset release -DPTRAVEL_TESTS=ON -DPTRAVEL_TRAIN=ON
cmake --build --preset release
# clang-tidy takes a minute or two: only changed files, and only when a source changed since it last passed.
stamp=build/release/tidy_passed
if [ ! -e "$stamp" ] || [ -n "$(find src include apps .clang-tidy scripts/check_tidy -type f -newer "$stamp" -print -quit)" ]; then
  scripts/check_tidy build/release --changed
  touch "$stamp"
fi
scripts/check_page
ctest --preset release --no-tests=error -j 2
scripts/test_page
