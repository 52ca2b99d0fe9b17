import { RESTORE_WORKSPACE } from './container-files.js';

/**
 * Runs a program in the clone: `bash -c <this> troupe <clone> <number of variables> [<NAME=value> …] <program>
 * [<argument> …]`.
 *
 * Output goes by way of two relays, so that the program has pipes of its own: the engine takes a command for
 * unfinished as long as anything holds its pipes, and ends with SIGPIPE whatever writes to them later. When a
 * background process outlives the program, each relay makes way for one that throws its output away.
 *
 * Where earlier commands have left hardly any room for processes, the program is run by itself: bash would wait long
 * for its relays.
 *
 * Variables are set last, so that they are the program's alone: a search path or a preloaded library of the agent's
 * choice changes nothing of this script.
 */
export const RUN_SCRIPT = String.raw`${RESTORE_WORKSPACE}
cd -- "$1" || exit 126
unset OLDPWD
TROUPE_LEFT=$2
shift 2
with_variables() {
  while [ "$TROUPE_LEFT" -gt 0 ]; do
    TROUPE_LEFT=$((TROUPE_LEFT - 1))
    export -- "$1"
    shift
  done
  unset TROUPE_LEFT TROUPE_OUT TROUPE_ERR TROUPE_MOST TROUPE_NOW TROUPE_FOLDER
  exec -- "$@"
}
for TROUPE_FOLDER in /sys/fs/cgroup/pids /sys/fs/cgroup; do
  { read -r TROUPE_MOST < $TROUPE_FOLDER/pids.max && read -r TROUPE_NOW < $TROUPE_FOLDER/pids.current; } 2> /dev/null &&
    [ "$TROUPE_MOST" != max ] && [ $((TROUPE_MOST - TROUPE_NOW)) -lt 16 ] && with_variables "$@"
done
exec 8>&2
exec > >(exec cat 8>&- 2> /dev/null)
TROUPE_OUT=$!
exec 9> >(exec cat >&8 8>&- 2> /dev/null)
TROUPE_ERR=$!
exec 8>&- 2> /dev/null
(
  exec 2>&9 9>&-
  with_variables "$@"
)
TROUPE_CODE=$?
exec < /dev/null > /dev/null 9>&-
TROUPE_TURN=0
while kill -0 $TROUPE_OUT || kill -0 $TROUPE_ERR; do
  [ $TROUPE_TURN -gt 0 ] || exec 7<> <(:)
  TROUPE_TURN=$((TROUPE_TURN + 1))
  if [ $TROUPE_TURN -gt 20 ]; then
    for TROUPE_RELAY in $TROUPE_OUT $TROUPE_ERR; do
      if kill -0 $TROUPE_RELAY; then
        cat < /proc/$TROUPE_RELAY/fd/0 7>&- &
        read -r -t 0.01 -u 7
        kill -KILL $TROUPE_RELAY
      fi
    done
    break
  fi
  read -r -t 0.005 -u 7
done
exit $TROUPE_CODE
`;
