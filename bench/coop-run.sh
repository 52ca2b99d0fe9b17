#!/usr/bin/env bash
# The git work of a coop run, as one would script it:
#   coop-run.sh <repository> <work folder> <test script> <patch 1> <patch 2> <tests 1> <tests 2>
# Two clones in which the patches are made; their differences from the base, taken as patches; a branch for each; a
# merge; a tree for each of the four test runs; cleaning up.
set -euo pipefail

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=Bench GIT_AUTHOR_EMAIL=bench@localhost
export GIT_COMMITTER_NAME=Bench GIT_COMMITTER_EMAIL=bench@localhost

repository=$1 work=$2 script=$3
patches=("$4" "$5")
tests=("$6" "$7")

mkdir "$work"
cd "$work"
base=$(git -C "$repository" rev-parse HEAD)

for agent in 0 1; do
  git clone -q "$repository" "agent$agent"
  git -C "agent$agent" apply "${patches[agent]}"
  git -C "agent$agent" add -A
  git -C "agent$agent" diff --cached --binary "$base" > "agent$agent.patch"
done

git clone -q "$repository" referee
cd referee
for agent in 0 1; do
  git checkout -q -b "agent$agent" "$base"
  git apply --ignore-whitespace "../agent$agent.patch"
  git add -A
  git commit -q -m "agent$agent"
done
git checkout -q -b merged agent0
git merge -q -m merged agent1
git diff --binary "$base" merged > ../merged.patch

run_tests() {
  git worktree add -q --detach "../$1" "$2"
  bash "$script" "../$1" "$3" > "../$1.txt"
}
run_tests alone0 agent0 "${tests[0]}"
run_tests alone1 agent1 "${tests[1]}"
run_tests merged0 merged "${tests[0]}"
run_tests merged1 merged "${tests[1]}"

cd /
rm -rf "$work"
