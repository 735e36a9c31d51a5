# shellcheck shell=bash disable=SC2154
# What doc/models/run-models says of a model that fails, and without spin. Stand-ins
# for spin and gcc make a "model" that finds what the test wants.

new_clone 'm clone'
clone=$temp/'m clone'
stubs=$temp/stubs
mkdir -p -- "$clone/doc" "$clone/lib" "$stubs/all" "$stubs/none"
cp -a -- "$source_dir/doc/models" "$source_dir/doc/resync.md" "$clone/doc/"
mkdir -p -- "$clone/lib/core"
cp -- "$source_dir/lib/core/resync.h" "$source_dir/lib/core/resync.c" "$clone/lib/core/"
for tool in bash dirname; do
	ln -s -- "$(type -P "$tool")" "$stubs/none/$tool"
done
printf '#!/bin/sh\n' > "$stubs/all/spin"
# The model: it finds $FOUND, else what it is to find; its rows are those of the table.
cat > "$stubs/all/gcc" << 'end'
#!/bin/bash
while [ "$1" != -o ]; do
	shift
done
cp -- "$STUB_MODEL" "$2"
end
cat > "$stubs/model" << 'end'
#!/bin/bash
sed -n '/^| state | event | case |/,/^$/s/^| [A-Z].*/row: &/p' ../../doc/resync.md | sed 's/ | - |$/ | NOTHING |/' |
	head -n "${ROWS:-1000}"
printf '%s\n' "$SAID"
printf '       12 states, stored\nclaim: %s\n' "${FOUND:-$CLAIM}"
end
chmod 755 "$stubs"/all/* "$stubs/model"

# models VARIABLE=VALUE ...: sets said and code.
models() {
	code=0
	said=$(env STUB_MODEL="$stubs/model" PATH="$stubs/all:$PATH" "$@" "$clone/doc/models/run-models" 2>&1) || code=$?
}

models SAID=
is 'models that hold pass' "0 0" "$code $(grep -c '^not ok' <<< "$said")"
models SAID= FOUND=IN_STEP
is 'a model that fails fails the stage' 1 "$code"
is 'and is named' 1 "$(grep -c '^not ok - loss-immediate: ALL$' <<< "$said")"
is 'and what was found' yes "$(grep -q '^# found: IN_STEP;' <<< "$said" && echo yes)"
models SAID= FOUND=ALL
is 'a fault that is not found fails the stage' "1 1" "$code $(grep -c '^not ok - fault-part: AUTHENTIC$' <<< "$said")"
models SAID='error: max search depth too small'
is 'a search that was cut short fails the stage' 1 "$code"
models SAID= ROWS=46
is 'a row that is not reached fails the stage' "1 1" "$code $(grep -c '^not ok - each row' <<< "$said")"
sed -i 's/RESYNC_LOG_MAX = 13/RESYNC_LOG_MAX = 14/' "$clone/lib/core/resync.h"
models SAID=
is 'limits that cannot be made small are one sentence' 'lib/core/resync.h has not the three limits that doc/models/run-models makes small' "$said"
code=0
said=$(PATH=$stubs/none "$clone/doc/models/run-models" 2>&1) || code=$?
is 'without spin it fails with one sentence' '1 spin is not installed (tools/setup --tests)' "$code $said"
