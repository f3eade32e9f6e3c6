# Shared by the scripts of the local cluster and the demo: where things are, and how progress is told.
# Sourced, never run. Everything that these scripts create is under $DEMO.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DEMO=${DEMO:-$ROOT/.demo}
BIN=$DEMO/bin
RUN=$DEMO/run
LOG=$DEMO/log
KUBECTL=$BIN/kubectl

# One clock for a script and those that it calls.
export STARTED=${STARTED:-$(date +%s.%N)}

# say prints one line of progress with the seconds since the script began.
say() { printf '%6.1fs  %s\n' "$(echo "$(date +%s.%N) - $STARTED" | bc)" "$*"; }

# die names the culprit and where to read on.
die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

# quietly runs a command with its output in a log file, and shows the end of that file when it fails.
quietly() {
	local name=$1
	shift
	mkdir -p "$LOG"
	if ! "$@" >"$LOG/$name.log" 2>&1; then
		tail -n 30 "$LOG/$name.log" >&2
		die "$name failed: $* (all of its output: $LOG/$name.log)"
	fi
}

# packages installs what is missing of the named Debian packages, and says what.
packages() {
	local missing=() package
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	[ "$(id -u)" = 0 ] || die "these Debian packages are missing and need root to install: ${missing[*]}"
	say "installing Debian packages: ${missing[*]}"
	quietly apt-update apt-get update
	DEBIAN_FRONTEND=noninteractive quietly apt-install apt-get install -y --no-install-recommends "${missing[@]}"
}

# until_true polls a command until it succeeds or the seconds are over.
until_true() {
	local seconds=$1 what=$2 deadline
	shift 2
	deadline=$(($(date +%s) + seconds))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $deadline ] || return 1
		sleep 0.2
	done
}
