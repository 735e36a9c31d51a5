# shellcheck shell=bash disable=SC2154,SC2016
# tools/setup --native on a Debian 13 that was not set up yet: the root without its marker files,
# below writable tmpfs, with a stand-in for apt-get.

new_clone 'e clone'
clone=$temp/'e clone'

cat > "$clone/apt-get" <<'END'
#!/bin/bash
echo "$*" >> calls
END
cat > "$clone/native" <<'END'
#!/bin/bash
set -e
mkdir /tmp/etc
cp -a /etc/os-release /etc/passwd /etc/group /tmp/etc/
[ ! -L /tmp/etc/os-release ] || cp --remove-destination /usr/lib/os-release /tmp/etc/os-release
mount --bind /tmp/etc /etc
mount -t tmpfs none /var/lib
export PATH=$PWD:$PATH
: > calls
tools/setup --native 2> first
echo "first: $? $(grep -c '^install\|install --no' calls) $(grep -c 'ready' first)"
[ -e /etc/recordtls-native ] && echo "marker: yes"
echo "second: $(tools/setup --native 2>&1)$(wc -l < calls)"
tools/run echo "run: plain"
tools/setup --native --tests 2> /dev/null
echo "tests: $(wc -l < calls) $(tail -n 1 calls | grep -c shellcheck)"
END
chmod 755 "$clone/apt-get" "$clone/native"
if [ "$(id -u)" -ne 0 ] || ! "$clone/tools/run" unshare --mount true 2> /dev/null; then
	skipped 'setup --native' 'needs root and mount namespaces'
else
	said=$("$clone/tools/run" unshare --mount ./native 2>&1)
	is 'setup --native installs, and says so' 'first: 0 1 1' "$(grep '^first' <<< "$said")"
	is 'setup --native leaves its marker' 'marker: yes' "$(grep '^marker' <<< "$said")"
	is 'setup --native is silent when ready' 'second: 2' "$(grep '^second' <<< "$said")"
	is 'run is a plain exec after setup --native' 'run: plain' "$(grep '^run' <<< "$said")"
	is 'setup --native --tests adds the rest' 'tests: 4 1' "$(grep '^tests' <<< "$said")"
fi
