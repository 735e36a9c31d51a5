# shellcheck shell=bash disable=SC2154
# Making, extending and deleting the Debian 13 root; needs common.sh and root.sh.
# While it is made it is $beside.new, while it is deleted $beside.old.

# One set-up at a time. --remove deletes the lock file too, so whoever got the
# lock looks whether it is still the file's.
lock_root() {
	mkdir -p -- "$(dirname -- "$root_dir")"
	while :; do
		exec {lock_fd}> "$beside.lock"
		if ! flock --nonblock "$lock_fd"; then
			say "waiting for another tools/setup"
			flock "$lock_fd"
		fi
		[ ! "$beside.lock" -ef "/proc/self/fd/$lock_fd" ] || return 0
		exec {lock_fd}>&-
	done
}

make_or_extend() {
	log=$(mktemp)
	trap 'rm -f -- "$log"' EXIT
	delete_tree "$beside.new"
	delete_tree "$beside.old"
	if [ -e "$root_dir$root_marker" ]; then
		say "installing new packages into the Debian $release_number root in $root_dir"
		install_lists "$root_dir" "$@"
	else
		[ ! -e "$root_dir" ] || rmdir -- "$root_dir" 2>/dev/null ||
			die "$root_dir exists and was not made by tools/setup; move it away or set RECORDTLS_ROOT"
		say "making a Debian $release_number root in $root_dir (once; about a minute, up to 2.5 GB)"
		make_root "$@"
	fi
	say "ready: $root_dir, $(du -sxh -- "$root_dir" | cut -f1), ${SECONDS} s; tools/setup --remove deletes it"
}

# Built aside, so that a root under its final name is always whole.
make_root() {
	need_mmdebstrap
	trap 'delete_tree "$beside.new"; rm -f -- "$log"' EXIT
	logged "mmdebstrap could not make the root" bootstrap
	forbid_services "$beside.new"
	install_lists "$beside.new" "$@"
	printf 'The Debian %s root of librecordtls, made by tools/setup.\n' "$release_number" \
		> "$beside.new$root_marker"
	mv -T -- "$beside.new" "$root_dir"
}

need_mmdebstrap() {
	! command -v mmdebstrap > /dev/null || return 0
	command -v apt-get > /dev/null ||
		die "mmdebstrap is missing; install it with this system's package manager"
	say "installing mmdebstrap on this host"
	logged "mmdebstrap could not be installed" install_mmdebstrap
}

# Images often come with their package lists emptied: then fetch them first.
install_mmdebstrap() {
	local get=(env DEBIAN_FRONTEND=noninteractive apt-get -qy)
	"${get[@]}" install --no-install-recommends mmdebstrap && return
	"${get[@]}" update
	"${get[@]}" install --no-install-recommends mmdebstrap
}

bootstrap() {
	local options=() setting mirror
	while read -r setting; do
		options+=("--aptopt=$setting")
	done < <(host_apt_settings)
	mirror=$(host_mirror)
	# Without a mirror mmdebstrap takes its own default.
	mmdebstrap --mode=root --variant=minbase --components=main --include=ca-certificates \
		--aptopt='Acquire::Languages "none"' \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		"${options[@]}" "$release" "$beside.new" ${mirror:+"$mirror"}
}

# The mirror of Debian's main archive that the host itself uses. apt reads both
# kinds of its sources for us, and without network or package lists.
host_mirror() {
	if [ -n "${RECORDTLS_MIRROR-}" ]; then
		printf '%s\n' "$RECORDTLS_MIRROR"
	elif command -v apt-get > /dev/null; then
		apt-get update --print-uris 2> /dev/null |
			sed -nE "s#^'((https?|file):.*/debian)/dists/.*#\\1#p" | head -n 1 || true
	fi
}

# Of the host's apt settings only those that reaching its mirror may depend on.
host_apt_settings() {
	command -v apt-config > /dev/null || return 0
	apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) ' || true
}

forbid_services() {
	printf '#!/bin/sh\nexit 101\n' > "$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
}

# install_lists ROOT LIST...
install_lists() {
	local root=$1 list packages=()
	shift
	for list; do
		mapfile -t -O "${#packages[@]}" packages < <(packages_of "$list")
	done
	logged "the packages could not be installed" \
		unshare --mount --propagation private "$source_dir/tools/lib/install" "$root" "${packages[@]}"
	stamp_lists "$root" "$@"
}

stamp_lists() {
	local root=$1 list
	shift
	mkdir -p -- "$root$lists_dir"
	for list; do
		: > "$root$lists_dir/$(list_hash "$list")"
	done
}

install_native() {
	log=$(mktemp)
	trap 'rm -f -- "$log"' EXIT
	local list packages=()
	for list; do
		mapfile -t -O "${#packages[@]}" packages < <(packages_of "$list")
	done
	say "installing ${#packages[@]} packages on this host"
	logged "the packages could not be installed" apt_install "${packages[@]}"
	stamp_lists "" "$@"
	printf 'This host builds librecordtls itself: tools/setup --native.\n' > "$native_marker"
	say "ready: tools run on this host itself, ${SECONDS} s; rm $native_marker ends that"
}

apt_install() {
	local get=(env DEBIAN_FRONTEND=noninteractive apt-get -qy)
	"${get[@]}" update
	"${get[@]}" install --no-install-recommends "$@"
}

# logged SENTENCE CMD...: runs quietly; a failure shows the end of what it said.
logged() {
	local sentence=$1
	shift
	! "$@" > "$log" 2>&1 < /dev/null || return 0
	tail -n 20 -- "$log" >&2
	die "$sentence; above is the end of its output"
}

remove_root() {
	local user
	! mounted_below "$root_dir" || die "something is mounted below $root_dir; it stays"
	user=$(process_in_root)
	[ -z "$user" ] || die "process $user still runs in $root_dir; it stays"
	mv -T -- "$root_dir" "$beside.old"
	delete_tree "$beside.old"
	delete_tree "$beside.new"
	rm -f -- "$beside.lock"
	rmdir --ignore-fail-on-non-empty -- "$(dirname -- "$root_dir")"
	say "deleted $root_dir"
}

mounted_below() {
	local target
	while read -r _ _ _ _ target _; do
		printf -v target %b "$target"
		[[ $target/ != "$1"/* ]] || return 0
	done < /proc/self/mountinfo
	return 1
}

# Commands of tools/run see the root's folders bound into namespaces of their
# own: /usr is the root's there.
process_in_root() {
	find -L /proc/[0-9]*/root/usr -maxdepth 0 -samefile "$root_dir/usr" 2> /dev/null |
		cut -d/ -f3 | head -n 1 || true
}

delete_tree() {
	[ -e "$1" ] || return 0
	! mounted_below "$1" || die "something is mounted below $1; it stays"
	rm -rf --one-file-system -- "$1"
}
