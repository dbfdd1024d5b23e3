#!/usr/bin/env bash
# Makes sure that a Python environment exists, and prints its path (everything else goes to stderr).
#
#   scripts/lib/venv.sh          the emulator and the AWS CLI, in <target>/drayage/venv
#   scripts/lib/venv.sh checks   the tools of scripts/test, in <target>/drayage/venv-checks
#   scripts/lib/venv.sh deploy   cargo-lambda, zig and the AWS CLI, in <target>/drayage/venv-deploy
#   scripts/lib/venv.sh bench    the tools that scripts/bench compares with, in <target>/drayage/venv-bench
#
# Installs again only if the requirements or the Python version have changed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

case ${1:-emulator} in
  emulator) venv=$drayage/venv requirements=$root/tests/local/requirements.txt ;;
  checks) venv=$drayage/venv-checks requirements=$root/scripts/lib/requirements-checks.txt ;;
  deploy) venv=$drayage/venv-deploy requirements=$root/scripts/lib/requirements-deploy.txt ;;
  bench) venv=$drayage/venv-bench requirements=$root/scripts/lib/requirements-bench.txt ;;
  *) echo "error: unknown environment: $1; hint: leave it out, or say checks, deploy or bench" >&2; exit 2 ;;
esac
if ! command -v python3 >/dev/null; then
  echo "error: python3 is missing; hint: install Python 3.10 or newer" >&2
  exit 1
fi

mkdir -p "$drayage"
# Two scripts at a time must not build the same environment.
exec 9>"$venv.lock"
if command -v flock >/dev/null; then flock 9; fi

wanted=$(python3 --version; cat "$requirements")
if [ ! -x "$venv/bin/python" ] || [ "$(cat "$venv/stamp" 2>/dev/null)" != "$wanted" ]; then
  echo "installing $(basename "$requirements") into $venv" >&2
  rm -rf "$venv"
  if ! python3 -m venv "$venv" >&2; then
    echo "error: python3 cannot make an environment; hint: on Debian and Ubuntu, install python3-venv" >&2
    exit 1
  fi
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" >&2
  # awscli brings `aws` as a plain script, whose first line cannot name a path with a space. This is how pip writes its own.
  if [[ $venv == *" "* && -f $venv/bin/aws ]]; then
    {
      printf '#!/bin/sh\n%s\n%s\n' "'''exec' \"$venv/bin/python\" \"\$0\" \"\$@\"" "' '''"
      tail -n +2 "$venv/bin/aws"
    } >"$venv/bin/aws.new"
    chmod +x "$venv/bin/aws.new"
    mv "$venv/bin/aws.new" "$venv/bin/aws"
  fi
  # Written last, so that an interrupted installation is done again.
  printf '%s\n' "$wanted" >"$venv/stamp"
fi
printf '%s\n' "$venv"
