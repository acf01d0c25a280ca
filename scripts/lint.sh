#!/usr/bin/env bash
# Checks formatting, code and known vulnerabilities. It fails when a check has found something. The two checks for
# vulnerabilities ask a database on the internet: when that cannot be reached, they are reported as NOT CHECKED, which is
# not a pass, and do not fail.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2
govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.9.0

failed=() unchecked=()
out=$(mktemp)
trap 'rm -f "$out"' EXIT

verdict() { # name, ok|FAILED|NOT CHECKED; what a check that is not ok has printed is shown
	printf '%-12s %s\n' "$1" "$2"
	[ "$2" = ok ] || cat "$out"
}

check() { # name, command...: fails when the command does
	local name=$1
	shift
	if "$@" >"$out" 2>&1; then
		verdict "$name" ok
	else
		failed+=("$name")
		verdict "$name" FAILED
	fi
}

# go_tool installs a pinned tool once and prints where it is.
go_tool() {
	local dir=$PWD/bin/tools/${1##*@}
	local program=${1%@*}
	program=$dir/${program##*/}
	[ -x "$program" ] || GOBIN=$dir go install "$1" >&2 || return
	echo "$program"
}

formatted() {
	local files
	files=$(git ls-files --cached --others --exclude-standard '*.go' | xargs -r ls -d 2>/dev/null | xargs -r gofmt -l)
	[ -z "$files" ] || {
		echo "make fmt would change:"
		echo "$files"
		return 1
	}
}

static() {
	local program
	program=$(go_tool $staticcheck) && "$program" ./...
}

# not_checked reports a check that could not be made, with the line of its output that says why.
not_checked() { # name, pattern
	unchecked+=("$1")
	printf '%-12s NOT CHECKED: %s\n' "$1" "$(grep -m1 -E "$2" "$out" | cut -c1-160)"
}

vulnerable_go() {
	local program code=0 unreachable='fetching vulnerabilities'
	program=$(go_tool $govulncheck 2>"$out") && "$program" ./... >"$out" 2>&1 || code=$?
	if [ $code -eq 0 ]; then
		verdict govulncheck ok
	elif grep -qE "$unreachable" "$out"; then
		not_checked govulncheck "$unreachable"
	else
		failed+=(govulncheck) && verdict govulncheck FAILED
	fi
}

vulnerable_npm() { # folder
	local name="npm audit $1" code=0
	npm --prefix "$1" audit --audit-level=high >"$out" 2>&1 || code=$?
	if [ $code -eq 0 ]; then
		verdict "$name" ok
	elif grep -q 'audit endpoint returned an error' "$out"; then
		not_checked "$name" 'npm warn audit|audit endpoint'
	else
		failed+=("$name") && verdict "$name" FAILED
	fi
}

check gofmt formatted
check "go vet" go vet ./...
check staticcheck static
check web npm --prefix web run --silent lint
vulnerable_go
for lock in web e2e; do
	[ -f $lock/package-lock.json ] && vulnerable_npm $lock
done

echo
if [ ${#unchecked[@]} -gt 0 ]; then
	echo "NOT CHECKED, because the database of vulnerabilities could not be asked: $(printf '%s, ' "${unchecked[@]}" | sed 's/, $//')."
fi
if [ ${#failed[@]} -gt 0 ]; then
	echo "FAILED: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')."
	exit 1
fi
echo "Everything that could be checked is in order."
