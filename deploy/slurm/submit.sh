#!/bin/sh
# What "prompt-travel submit FOLDER --engine slurm" does, to be edited.
#   submit.sh FOLDER TASKS [options of sbatch]
set -eu
folder=$(readlink -f "$1")
tasks=$2
shift 2
logs=$(printf '%s' "$folder.slurm" | sed 's/%/%%/g')   # % begins a pattern of sbatch
here=$(cd "$(dirname "$0")" && pwd)
frames=$(sbatch --parsable "$@" --array="0-$((tasks - 1))" --output="$logs-%a.log" "$here/frames.sh" "$folder")
sbatch --parsable "$@" --dependency="afterok:${frames%%;*}" --kill-on-invalid-dep=yes \
  --output="$logs-finish.log" "$here/finish.sh" "$folder"
