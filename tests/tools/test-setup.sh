# shellcheck shell=bash disable=SC2154
# tools/setup with stand-ins: mmdebstrap makes a few folders, packages are names.

new_clone 'b clone'
clone=$temp/'b clone'
root=$temp/cache/root
calls=$temp/calls
mkdir -p "$temp/bin" "$temp/foreign/etc"

cat > "$temp/bin/mmdebstrap" <<END
#!/bin/bash
echo "mmdebstrap \$*" >> '$calls'
sleep 0.3
for word; do [[ \$word != /*.new ]] || target=\$word; done
mkdir -p "\$target"/{usr/sbin,etc,var/lib}
END
cat > "$clone/tools/lib/install" <<END
#!/bin/bash
echo "install \${#}" >> '$calls'
[ ! -e '$temp/no-network' ] || { echo 'E: no network'; exit 100; }
END
chmod 755 "$temp/bin/mmdebstrap"

# An ordinary user is root in a user namespace: it is enough for the stand-ins.
setup() {
	local as_root=()
	[ "$(id -u)" -eq 0 ] || as_root=(unshare --user --map-root-user)
	env PATH="$temp/bin:$PATH" RECORDTLS_ROOT="$root" "${as_root[@]}" "$clone/tools/setup" "$@"
}

count_calls() {
	grep -c "$1" "$calls" 2> /dev/null || true
}

cat > "$temp/bin/apt-get" <<'END'
#!/bin/bash
[ "$*" = 'update --print-uris' ] || exit 100
echo "'http://mirror.example/debian-security/dists/s/InRelease' x 0"
echo "'http://mirror.example/debian/dists/s/InRelease' x 0"
END
chmod 755 "$temp/bin/apt-get"

touch "$temp/no-network"
refused=$(setup 2>&1) && refused=no
is 'setup that fails says so' yes "$([[ $refused == *'packages could not be installed'* ]] && echo yes)"
is "setup takes the host's mirror" 1 "$(count_calls ' http://mirror.example/debian$')"
(export RECORDTLS_MIRROR=http://other.example/x && setup 2> /dev/null)
is 'setup prefers RECORDTLS_MIRROR' 1 "$(count_calls ' http://other.example/x$')"
is 'setup that fails leaves no root' '' "$(find "$temp/cache" -mindepth 1 -name '*root*' ! -name '*.lock')"
rm "$temp/no-network" "$calls"

setup 2> "$temp/one" &
setup 2> "$temp/two" &
wait
is 'two set-ups at once make one root' 1 "$(count_calls mmdebstrap)"
is 'two set-ups at once both see it ready' yes "$(setup 2>&1 && echo yes)"
is 'setup says what it made and how to delete it' 1 \
	"$(cat "$temp/one" "$temp/two" | grep -c 'ready: .*--remove')"
is 'setup forbids services' 101 "$(sh "$root/usr/sbin/policy-rc.d"; echo $?)"
is 'setup is silent when ready' '' "$(setup 2>&1)"
rm "$calls"
setup --tests 2> /dev/null
is 'setup --tests installs into the same root' '0 1' "$(count_calls mmdebstrap) $(count_calls install)"
echo one-more >> "$clone/tools/packages.build"
setup 2> /dev/null
is 'setup follows a changed list' 2 "$(count_calls install)"
is 'setup accepts the changed list' '' "$(setup 2>&1)"
sed -i '$d' "$clone/tools/packages.build"
is 'setup still accepts the old list' '' "$(setup 2>&1)"

refuses 'setup with an unknown option' "'--frob'" setup --frob
refuses 'setup with a relative root' absolute env RECORDTLS_ROOT=x "$clone/tools/setup"
refuses 'setup with / as the root' 'cannot be /' env RECORDTLS_ROOT=/ "$clone/tools/setup"
if ! grep -qE '^VERSION_ID="?13"?$' /etc/os-release; then
	refuses 'setup --native on another host' 'Debian 13' setup --native
else
	skipped 'setup --native on another host' 'this is a Debian 13 host'
fi
own_root=$root
root=$temp/foreign
refuses 'setup --remove of a foreign folder' 'not made by tools/setup' setup --remove
is 'the foreign folder stays' yes "$([ -d "$root/etc" ] && echo yes)"
refused=$(setup 2>&1) && refused=no
is 'setup over a foreign folder refuses' yes "$([[ $refused == *'not made by tools/setup'* ]] && echo yes)"
root=$temp/nowhere
refuses 'setup --remove of nothing' 'no root' setup --remove
root=$own_root
setup --remove 2> /dev/null
is 'setup --remove removes all of it' no "$([ -e "$temp/cache" ] && echo yes || echo no)"
