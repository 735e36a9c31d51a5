# shellcheck shell=bash disable=SC2154,SC2016
# tools/run in the real root: streams, exit codes, signals, folders, owners.

new_clone 'a clone'
clone=$temp/'a clone'
run=$clone/tools/run

# wait_for FILE: up to 10 s.
wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do
		[ ! -s "$1" ] || return 0
		sleep 0.05
	done
	return 1
}

# ends TITLE SIGNAL CODE CMD...: CMD writes to the file "started" of the clone and waits;
# SIGNAL to tools/run ends it all.
ends() {
	local title=$1 signal=$2 wanted=$3 pid code=0 inner i
	shift 3
	rm -f -- "$clone/started"
	"$@" "$run" bash -c 'echo $$ > started; exec sleep 600' < /dev/null &
	pid=$!
	wait_for "$clone/started" || printf '# it did not start\n'
	inner=$(cat -- "$clone/started" 2> /dev/null || echo none)
	kill "-$signal" "$pid"
	wait "$pid" 2> /dev/null || code=$?
	for ((i = 0; i < 100; i++)); do
		[ -d "/proc/$inner" ] || break
		sleep 0.02
	done
	is "$title: exit code" "$wanted" "$code"
	if [ -d "/proc/$inner" ]; then
		not_ok "$title: the command ended"
		kill -KILL "$inner"
	else
		ok "$title: the command ended"
	fi
}

code=0
"$run" bash -c 'exit 7' || code=$?
is 'run keeps the exit code' 7 "$code"
code=0
"$run" no-such-command 2> /dev/null || code=$?
is 'run reports a missing command' 127 "$code"
is 'run keeps stdin and stdout' 'through' "$(echo through | "$run" cat)"
is 'run keeps stderr apart' 'err' "$("$run" bash -c 'echo out; echo err >&2' 2>&1 > /dev/null)"
is 'run keeps arguments' 'a  b|*|' "$("$run" printf '%s|' 'a  b' '*')"
mkdir -p -- "$clone/in here"
is 'run keeps the folder inside the clone' "$clone/in here" "$(cd "$clone/in here" && "$run" pwd)"
is 'run starts in the clone from elsewhere' "$clone" "$(cd / && "$run" pwd)"
is 'run nested is a plain exec' 'nested' "$("$run" tools/run echo nested)"
is 'run cleans the environment' 'C.UTF-8|none|yes' \
	"$(LC_ALL=C STRAY=1 RECORDTLS_PASSED=yes "$run" bash -c 'echo "$LC_ALL|${STRAY-none}|$RECORDTLS_PASSED"')"
is 'run shows Debian 13' 13 "$("$run" bash -c '. /etc/os-release; echo "$VERSION_ID"')"
if "$run" touch /usr/stray 2> /dev/null; then
	not_ok 'run protects the root'
else
	ok 'run protects the root'
fi
"$run" touch /tmp/recordtls-stray
is 'run has a /tmp of its own' no "$([ -e /tmp/recordtls-stray ] && echo yes || echo no)"
"$run" bash -c 'rm -rf /dev /usr/bin' 2> /dev/null
is "run keeps the host's /dev" yes "$([ -c /dev/null ] && echo yes)"
"$run" touch made
is 'run writes into the clone' "$(stat -c %U:%G "$clone")" "$(stat -c %U:%G "$clone/made")"
is 'run leaves no mount' '' "$(grep -F "$temp" /proc/self/mountinfo)"
ends 'run and SIGTERM' TERM 143
ends 'run and SIGKILL' KILL 137
refuses 'run without a command' 'no command' "$run"
refuses 'run with an unknown option' "'-z'" "$run" -z true
refuses 'run without a root, as it says how to make one' 'sudo tools/setup' \
	env RECORDTLS_ROOT="$temp/none" unshare --user "$run" true

if [ "$(id -u)" -eq 0 ] && [ "$(stat -c %u /proc/self)" -eq 0 ] && chown 12345:12345 "$clone" 2> /dev/null; then
	chown -R 12345:12345 -- "$clone"
	"$run" bash -c 'mkdir -p build/x; touch build/x/y; ln -s y build/x/z; [ "$(id -u)" = 0 ]'
	is "run as root in a user's clone: root inside" 0 "$?"
	is "run as root in a user's clone: the files are the user's" '' \
		"$(find "$clone" ! -user 12345 -o ! -group 12345)"
	code=0
	"$run" bash -c 'exit 7' || code=$?
	is "run as root in a user's clone: exit code" 7 "$code"
	is "run as root in a user's clone: stdin" 'through' "$(echo through | "$run" cat)"
	ends "run as root in a user's clone and SIGTERM" TERM 143
	ends "run as root in a user's clone and SIGKILL" KILL 137
	user=(setpriv --reuid 12345 --regid 12345 --clear-groups)
	if "${user[@]}" unshare --user --map-root-user --mount true 2> /dev/null; then
		"${user[@]}" "$run" touch by-user
		is 'run as an ordinary user: the files are the user'\''s' 12345:12345 \
			"$(stat -c %u:%g "$clone/by-user")"
		ends 'run as an ordinary user and SIGTERM' TERM 143 "${user[@]}"
	else
		skipped 'run as an ordinary user' 'no user namespaces here'
	fi
else
	skipped "run as root in a user's clone" 'needs root'
fi
