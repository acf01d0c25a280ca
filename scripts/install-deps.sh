#!/usr/bin/env bash
# Installs the Debian packages that Parley needs to run, to be tested, or to be measured beside: install-deps.sh run|test|bench
# Does nothing when they are there. Without root, it prints the one command to run and fails.
set -euo pipefail

usage() {
	echo "usage: $0 run|test|bench" >&2
	exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

have_postgres() {
	local program
	for program in /usr/lib/postgresql/*/bin/postgres; do
		[ -x "$program" ] && return
	done
	have pg_config && [ -x "$(pg_config --bindir)/postgres" ]
}

missing=()

need_to_run() {
	have_postgres || missing+=(postgresql)
}

need_to_test() {
	need_to_run
	have gcc || missing+=(gcc libc6-dev) # the race detector
	have chromium || missing+=(chromium)
	have ip || missing+=(iproute2) # tests in network namespaces
	have nft || missing+=(nftables)
	have redis-server || missing+=(redis-server)
}

need_to_bench() {
	need_to_run
	have turnserver || missing+=(coturn)
}

# Debian's coturn and redis-server would start themselves, now and with the machine. Tests and benchmarks start their own.
keep_still() {
	local policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod +x $policy
		still=$policy
	fi
}

# Debian's postgresql would make a cluster of its own and start it on port 5432. Parley has no use for it, so for the
# time of the installation, and unless the machine's owner has said something about it, Debian is told not to.
install() {
	local drop_in=/etc/postgresql-common/createcluster.d/parley.conf
	if [[ " ${missing[*]} " == *" postgresql "* && ! -e $drop_in ]]; then
		mkdir -p "${drop_in%/*}"
		echo "create_main_cluster = false" >"$drop_in"
		# shellcheck disable=SC2064
		trap "rm -f '$drop_in'; rmdir --ignore-fail-on-non-empty '${drop_in%/*}'" EXIT
	fi
	local still= service services=()
	for service in coturn redis-server; do
		if [[ " ${missing[*]} " == *" $service "* ]]; then
			services+=("$service")
		fi
	done
	if [ ${#services[@]} -gt 0 ]; then
		keep_still
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" || { rm -f "$still" && return 1; }
	if [ -n "$still" ]; then
		rm -f "$still"
	fi
	if [ ${#services[@]} -gt 0 ]; then
		systemctl disable --quiet "${services[@]}" 2>/dev/null || true # where there is no systemd, nothing starts it
	fi
}

case "${1-}" in
run) need_to_run ;;
test) need_to_test ;;
bench) need_to_bench ;;
*) usage ;;
esac

for tool in go npm; do
	have "$tool" || echo "warning: $tool is not on the PATH: Parley is built with Go and Node.js" >&2
done
if [ ${#missing[@]} -eq 0 ]; then
	exit 0
fi
if ! have apt-get; then
	echo "Parley needs these programs, by the names of their Debian packages: ${missing[*]}" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "These Debian packages are missing: ${missing[*]}" >&2
	echo "Install them with this command, then start again:" >&2
	echo "  sudo $(realpath "$0") $1" >&2
	exit 1
fi
echo "Installing ${missing[*]} ..."
install
