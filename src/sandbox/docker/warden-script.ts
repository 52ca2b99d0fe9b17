import { MARKER_VARIABLE } from '../sandbox-environment.js';

/**
 * The first process of a container, in bash without a single fork, so that it also works where an agent has used
 * up the processes it may have. It reads requests on its input, one a line, and answers each with one line:
 *
 *   end <number> <marker>   kills the processes whose environment carries the marker, their descendants, and
 *                           processes that have lost both parent and marker; all others are let live
 *   all <number>            kills every process but itself
 *
 * When the input ends, because the harness is done or dead, it ends too, and the engine removes the container. It
 * also takes in orphans, as a first process must. It runs as the agent does: an agent that tampers with it can
 * spoil nothing but its own container, which the harness then starts anew.
 */
export const WARDEN_SCRIPT = String.raw`
exec 2>/dev/null
trap '' HUP INT TERM QUIT PIPE USR1 USR2
shopt -s nullglob
rounds=6
sweep() {
  local marker=$1 round directory pid stat entries entry mark changed
  local -A parent=() mine=()
  local -a fields=() found=()
  for ((round = 0; round < rounds; round++)); do
    parent=() mine=() found=()
    for directory in /proc/[0-9]*; do
      pid=${'$'}{directory#/proc/}
      [ "$pid" = 1 ] && continue
      stat=
      IFS= read -r -d '' stat < "$directory/stat"
      read -r -a fields <<< "${'$'}{stat##*) }" || continue
      case ${'$'}{fields[0]:-Z} in Z | X) continue ;; esac
      parent[$pid]=${'$'}{fields[1]}
      entries=()
      mapfile -d '' -t entries < "$directory/environ"
      mark=
      for entry in "${'$'}{entries[@]}"; do
        case $entry in ${MARKER_VARIABLE}=*) mark=${'$'}{entry#*=} && break ;; esac
      done
      case $mark in
        "$marker"*) mine[$pid]=1 ;;
        '') [ "${'$'}{fields[1]}" = 1 ] && mine[$pid]=1 ;;
      esac
    done
    changed=1
    while [ "$changed" = 1 ]; do
      changed=0
      for pid in "${'$'}{!parent[@]}"; do
        if [ -z "${'$'}{mine[$pid]:-}" ] && [ -n "${'$'}{mine[${'$'}{parent[$pid]}]:-}" ]; then
          mine[$pid]=1
          changed=1
        fi
      done
    done
    found=("${'$'}{!mine[@]}")
    [ "${'$'}{#found[@]}" -eq 0 ] && return
    kill -KILL "${'$'}{found[@]}"
  done
  kill -KILL -1
}
echo ready
while IFS=' ' read -r request number marker; do
  case $request in
    end) sweep "$marker" ;;
    all) kill -KILL -1 ;;
  esac
  echo "$number"
done
`;
