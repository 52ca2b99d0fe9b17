#!/usr/bin/env bash
# Creates ./ledgerline_repo in the current folder: a git repository with one commit,
# the base commit of this task. The commit id is the same on every machine.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
repo="ledgerline_repo"

if [ -e "$repo" ]; then
  echo "setup.sh: $PWD/$repo exists already" >&2
  exit 1
fi

unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR \
  GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_NAMESPACE GIT_PREFIX GIT_TEMPLATE_DIR \
  GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_ATTR_NOSYSTEM=1 LC_ALL=C
export GIT_AUTHOR_NAME="Ledgerline maintainers" GIT_AUTHOR_EMAIL="maintainers@ledgerline.example"
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME" GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
export GIT_AUTHOR_DATE="2024-06-10T09:00:00+0000" GIT_COMMITTER_DATE="2024-06-10T09:00:00+0000"

run_git() {
  git -C "$repo" -c core.hooksPath=/dev/null -c core.autocrlf=false -c core.eol=lf \
    -c commit.gpgsign=false -c core.fileMode=true -c core.excludesFile=/dev/null \
    -c core.attributesFile=/dev/null -c gc.auto=0 "$@"
}

mkdir "$repo"
cp -R "$here/base/." "$repo/"
find "$repo" -type d -exec chmod 755 {} +
find "$repo" -type f -exec chmod 644 {} +

run_git init -q -b main --template= --object-format=sha1 .
run_git add -A -f .
run_git commit -q --no-verify -m "Ledgerline 1.1.0"
run_git rev-parse HEAD
