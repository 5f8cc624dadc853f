# A small Slurm on this machine for tests, sourced by them: three nodes of one processor each.
#   start_slurm FOLDER      needs root; sets SLURM_CONF
#   kill_node FOLDER NAME   as if it lost power: its slurmd and whatever runs in it
#   stop_slurm FOLDER

start_slurm() {
  local at=$1 host node port=17001
  host=$(hostname -s)
  mkdir -p "$at"/m/run "$at"/m/log "$at"/m/lib "$at"/state "$at"/log
  chmod 700 "$at"/m/log "$at"/m/lib
  cat > "$at/slurm.conf" <<EOF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
AuthType=auth/munge
AuthInfo=socket=$at/m/run/munge.sock
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$at/state
SlurmdSpoolDir=$at/spool/%n
SlurmctldPidFile=$at/slurmctld.pid
SlurmdPidFile=$at/slurmd-%n.pid
SlurmctldLogFile=$at/log/slurmctld.log
SlurmdLogFile=$at/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
JobRequeue=1
SlurmdTimeout=10
SlurmctldTimeout=10
MessageTimeout=10
KillWait=2
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
EOF
  for node in n1 n2 n3; do
    mkdir -p "$at/spool/$node"
    echo "NodeName=$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$port CPUs=1 RealMemory=2000 State=UNKNOWN" >> "$at/slurm.conf"
    port=$((port + 1))
  done
  echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP" >> "$at/slurm.conf"
  export SLURM_CONF=$at/slurm.conf
  head -c 128 /dev/urandom > "$at/m/key"
  chmod 400 "$at/m/key"
  munged --force --key-file="$at/m/key" --socket="$at/m/run/munge.sock" --pid-file="$at/m/run/munged.pid" \
    --log-file="$at/m/log/munged.log" --seed-file="$at/m/lib/seed"
  slurmctld -f "$SLURM_CONF"
  for node in n1 n2 n3; do
    slurmd -N $node -f "$SLURM_CONF"
  done
}

# The processes below one, and itself.
family_of() {
  local child
  for child in $(ps -o pid= --ppid "$1"); do
    family_of "$child"
  done
  echo "$1"
}

kill_node() {
  local at=$1 node=$2 step
  kill -9 "$(cat "$at/slurmd-$node.pid")" 2>/dev/null || true
  # A step's daemon is no child of slurmd; it names its node on its command line or in its spool folder.
  for step in $(pgrep slurmstepd); do
    if ls -l "/proc/$step/cwd" "/proc/$step/fd" 2>/dev/null | grep -q "$at/.*$node"; then
      # shellcheck disable=SC2046
      kill -9 $(family_of "$step") 2>/dev/null || true
    fi
  done
}

stop_slurm() {
  local at=$1 file
  scontrol shutdown >/dev/null 2>&1 || true
  sleep 2
  for file in "$at"/slurmctld.pid "$at"/slurmd-n?.pid "$at"/m/run/munged.pid; do
    if [ -e "$file" ]; then
      kill "$(cat "$file")" 2>/dev/null || true
    fi
  done
}
