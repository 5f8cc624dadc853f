#!/bin/sh
# After all frames: checks them; report, video, contact sheet.
#   sbatch --dependency=afterok:JOB --kill-on-invalid-dep=yes finish.sh FOLDER
#SBATCH --job-name=prompt-travel-finish
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
folder=$1
shift
exec "${PROMPT_TRAVEL:-prompt-travel}" finish "$folder" "$@"
