#!/usr/bin/env bash
# sbatch --array=1-8 deploy/slurm.sh SCENARIO DIR [OPTION...]: a sweep as a job array, in a folder that all nodes see. The task
# that ends last joins the parts.
#SBATCH --job-name=sixslot
#SBATCH --requeue
set -euo pipefail
scenario=$1 out=$2
shift 2
"${SIXSLOT:-sixslot}" sweep "$scenario" --jobs "${SLURM_CPUS_PER_TASK:-1}" --shard auto \
  --output "$out.parts/$SLURM_ARRAY_TASK_ID" "$@"
touch "$out.parts/$SLURM_ARRAY_TASK_ID/.done"
exec 9>"$out.parts/.merge"
flock 9
if [ "$(find "$out.parts" -name .done | wc -l)" = "$SLURM_ARRAY_TASK_COUNT" ]; then
  "${SIXSLOT:-sixslot}" merge "$out.parts"/* --output "$out"
fi
