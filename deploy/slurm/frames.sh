#!/bin/sh
# One task of an array: draws its part of a planned run, the folder of which all nodes see.
#   sbatch --array=0-49 frames.sh FOLDER [options of "prompt-travel frames"]
# A task whose node is lost goes back to the queue and goes on where it stopped. Cards: --gres=gpu:1.
#SBATCH --job-name=prompt-travel
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
folder=$1
shift
exec "${PROMPT_TRAVEL:-prompt-travel}" frames "$folder" "$@"
