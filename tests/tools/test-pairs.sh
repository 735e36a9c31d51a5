# shellcheck shell=bash disable=SC2154
# What tools/pairs refuses, and what it makes of programs that tell given figures.

new_clone 'pairs clone'
clone=$temp/'pairs clone'

# program BUILD: what stands for its recordtls-perf, on stdin.
program() {
	mkdir -p -- "$temp/$1/examples/perf"
	{
		printf '#!/bin/bash\n'
		cat
	} > "$temp/$1/examples/perf/recordtls-perf"
	chmod 755 "$temp/$1/examples/perf/recordtls-perf"
}

program slow <<'END'
echo "a table"
echo "{\"command\":\"$1\",\"tsc_ghz\":2.5,\"conns\":3,\"seconds\":${3:-0},\"cycles\":200.0,\"rate\":4.0,\"none\":null}"
END
program quick <<'END'
echo '{"cycles":100.0,"rate":4.0,"only_here":1.0}'
END
program broken <<< 'echo "no luck" >&2; exit 1'

pairs=$clone/tools/pairs
is 'pairs --help explains it' yes "$("$pairs" --help | grep -q '^tools/pairs OLD_BUILD' && echo yes)"
refuses 'pairs with an unknown option' "'--frob'" "$pairs" --frob
refuses 'pairs with one build' 'two build folders' "$pairs" "$temp/slow" -- flow
refuses 'pairs without a command' 'two build folders' "$pairs" "$temp/slow" "$temp/quick" 3 --
refuses 'pairs without rounds' "'0'" "$pairs" "$temp/slow" "$temp/quick" 0 -- flow
refuses 'pairs with a word for rounds' "'few'" "$pairs" "$temp/slow" "$temp/quick" few -- flow
refuses 'pairs without a program' 'is missing' "$pairs" "$temp/slow" "$temp/nothing" -- flow

said=$("$pairs" "$temp/slow" "$temp/quick" 3 -- flow < /dev/null 2>&1)
is 'pairs says what it runs' 'flow --seconds 1: 3 rounds of old, new, old' "$(head -n 1 <<< "$said")"
is 'pairs compares what both have' 'cycles 200 100 0.500 0.500 0.500 1.000 1.000 1.000 moved' \
	"$(sed -n '3p' <<< "$said" | xargs)"
is 'pairs leaves alone what stays' 'rate 4 4 1.000 1.000 1.000 1.000 1.000 1.000' \
	"$(sed -n '4p' <<< "$said" | xargs)"
is 'pairs has no more lines' 4 "$(wc -l <<< "$said")"
code=0
said=$("$pairs" "$temp/slow" "$temp/broken" 1 -- flow < /dev/null 2>&1) || code=$?
is 'pairs ends with a program that fails' '1 no luck' "$code $(grep -x 'no luck' <<< "$said")"
is 'pairs leaves nothing behind' '' "$(ls -- "$clone/build")"
