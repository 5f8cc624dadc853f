#!/usr/bin/env bash
# Installs what is missing (Debian 12), builds, and runs every check and test.
set -euo pipefail
cd "$(dirname "$0")"

scripts/install_packages build test check
scripts/check_includes
scripts/check_format
cmake --preset release -DPTRAVEL_TESTS=ON
cmake --build --preset release
scripts/check_tidy build/release --quick
ctest --preset release --no-tests=error
