#!/usr/bin/env bash
# Runs make targets one after the other, stops at the first that fails, and tells how long each took.
set -euo pipefail

summary=()
report() {
	local code=$?
	echo
	printf '%s\n' "${summary[@]}"
	printf '%-12s %4d s in all\n' "" "$SECONDS"
	exit "$code"
}
trap report EXIT

for stage in "$@"; do
	echo "== $stage"
	begun=$SECONDS
	if "${MAKE:-make}" --no-print-directory "$stage"; then
		summary+=("$(printf '%-12s %4d s' "$stage" $((SECONDS - begun)))")
	else
		summary+=("$(printf '%-12s %4d s  FAILED' "$stage" $((SECONDS - begun)))")
		exit 1
	fi
done
