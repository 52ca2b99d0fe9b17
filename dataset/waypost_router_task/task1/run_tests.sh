#!/usr/bin/env bash
# usage: run_tests.sh <repo_path> <tests.patch> [<feature.patch>]
#
# Applies the patches to the repository, runs its whole test suite and puts the
# working tree back to HEAD. Exit status 0: every test passed (at least one ran).
set -uo pipefail

fail() {
  echo "run_tests.sh: $*" >&2
  exit 1
}

if [ "$#" -lt 2 ] || [ "$#" -gt 3 ]; then
  echo "usage: run_tests.sh <repo_path> <tests.patch> [<feature.patch>]" >&2
  exit 2
fi

absolute() {
  case "$1" in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
  esac
}

tests_patch="$(absolute "$2")"
feature_patch=""
if [ "$#" -eq 3 ] && [ -n "$3" ]; then
  feature_patch="$(absolute "$3")"
fi

unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR \
  GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_NAMESPACE GIT_PREFIX
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

run_git() {
  git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.autocrlf=false \
    -c commit.gpgsign=false -c gc.auto=0 -c safe.directory='*' "$@"
}

cd -- "$1" 2>/dev/null || fail "no such folder: $1"
[ -e .git ] || fail "not the top of a git repository: $1"
[ -s "$tests_patch" ] || fail "tests patch is missing or empty: $2"
[ -z "$feature_patch" ] || [ -f "$feature_patch" ] || fail "feature patch is missing: $3"

log=""
suite=""
watchdog=""

# Ends what is left of a job and everything it started.
end_job() {
  [ -n "$1" ] || return 0
  kill -KILL -- "-$1" 2>/dev/null
  wait "$1" 2>/dev/null
  return 0
}

restore() {
  status=$?
  trap - EXIT
  end_job "$watchdog"
  end_job "$suite"
  [ -z "$log" ] || rm -f -- "$log"
  if ! { run_git reset --hard -q && run_git clean -fdq; }; then
    echo "run_tests.sh: could not restore the working tree" >&2
    [ "$status" -ne 0 ] || status=1
  fi
  exit "$status"
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Seconds for the whole suite: a test that never ends is a failure.
limit=120

# Runs a command with its output in the log and sets `code`.
run_limited() {
  set -m # each job in a process group of its own, to be ended as a whole
  "$@" >"$log" 2>&1 </dev/null &
  suite=$!
  (sleep "$limit" && kill -KILL -- "-$suite") >/dev/null 2>&1 </dev/null &
  watchdog=$!
  set +m
  wait "$suite" 2>/dev/null
  code=$?
  end_job "$watchdog"
  end_job "$suite"
  watchdog=""
  suite=""
  [ "$code" -ne 137 ] || echo "run_tests.sh: the suite was killed (limit: $limit seconds)" >>"$log"
}

apply_patch() {
  if run_git apply --ignore-whitespace --ignore-space-change -- "$2" 2>/dev/null; then
    return 0
  fi
  # --3way works on the index, so it has to know what was applied before.
  run_git add -A . && run_git apply --3way -- "$2" && return 0
  fail "the $1 patch does not apply: $2"
}

apply_patch tests "$tests_patch"
if [ -n "$feature_patch" ]; then
  # A feature patch without content changes nothing: the tests decide.
  [ ! -s "$feature_patch" ] || apply_patch feature "$feature_patch"
fi

log="$(mktemp "${TMPDIR:-/tmp}/run-tests.XXXXXX")" || fail "no temporary file"

# Settings of an outer test run would change what the inner one does.
unset NODE_OPTIONS NODE_TEST_CONTEXT NODE_V8_COVERAGE NODE_PATH FORCE_COLOR

command -v node >/dev/null 2>&1 || fail "node is not installed"

shopt -s nullglob
files=(test/*.test.js)
[ "${#files[@]}" -gt 0 ] || fail "no test files"

run_limited node --test --test-reporter=tap "${files[@]}"
cat -- "$log"

# A file without a test of its own is reported as one passing test with the
# file's name: nothing ran there.
for file in "${files[@]}"; do
  if grep -E '^(not )?ok [0-9]+ - ' -- "$log" | grep -F -q -- "/$file" ||
    grep -F -q -- " - $file" "$log"; then
    fail "no test ran in $file"
  fi
done

ran="$(sed -n 's/^# tests \([0-9][0-9]*\)$/\1/p' "$log" | tail -n 1)"
passed="$(sed -n 's/^# pass \([0-9][0-9]*\)$/\1/p' "$log" | tail -n 1)"
echo "run_tests.sh: ${passed:-0} of ${ran:-0} tests passed"

[ "$code" -eq 0 ] || exit 1
[ "${ran:-0}" -gt 0 ] && [ "${passed:-0}" -gt 0 ] || fail "no test ran"
[ "$passed" -eq "$ran" ] || fail "some tests did not pass"
exit 0
