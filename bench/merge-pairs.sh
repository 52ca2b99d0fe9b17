#!/usr/bin/env bash
# Merges pairs of patches in work trees, as one would by hand. Each line of the list names a pair, a repository at its
# base commit, and two patches, apart by tabs; the answer is a line a pair: name, tab, clean or conflicts.
set -euo pipefail

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=Bench GIT_AUTHOR_EMAIL=bench@localhost
export GIT_COMMITTER_NAME=Bench GIT_COMMITTER_EMAIL=bench@localhost

while IFS=$'\t' read -r name repository one other; do
  cd "$repository"
  for side in one other; do
    git checkout -q -f -B "$side" main
    git apply --ignore-whitespace "${!side}"
    git add -A
    git commit -q -m "$side"
  done
  if git merge -q -m merged one > /dev/null 2>&1; then
    printf '%s\tclean\n' "$name"
  else
    printf '%s\tconflicts\n' "$name"
    git merge --abort
  fi
done < "$1"
