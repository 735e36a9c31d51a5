# shellcheck shell=bash disable=SC2154
# What tools/demo and tools/check refuse, and how tools/check counts.

new_clone 'c clone'
clone=$temp/'c clone'
rm -f -- "$clone"/tools/check.d/*
cp -- "$source_dir/tools/check.d/00-setup" "$clone/tools/check.d/"

# stage NAME: a stage with the script on stdin, on the host.
stage() {
	{
		printf '#!/bin/bash\n# stage: host\n'
		cat
	} > "$clone/tools/check.d/$1"
	chmod 755 "$clone/tools/check.d/$1"
}

for tool in setup run demo check format fuzz mutants; do
	is "$tool --help explains it" yes "$("$clone/tools/$tool" --help | grep -q "^tools/$tool" && echo yes)"
	refuses "$tool with an unknown option" "'--frob'" "$clone/tools/$tool" --frob
done
refuses 'demo with a stray word' "unknown argument 'extra'" "$clone/tools/demo" extra
refuses 'demo with a bad size' 'number of bytes' "$clone/tools/demo" --size 12x
refuses 'demo with a bad mode' "'fast'" "$clone/tools/demo" --mode fast
refuses 'demo without a mode' 'nic, software or auto' "$clone/tools/demo" --mode
refuses 'demo without a provider' 'libcrypto, auto or a crypto device' "$clone/tools/demo" --crypto
refuses 'demo without a size' 'number of bytes' "$clone/tools/demo" --size
refuses 'demo with a loss that is no number' "from 0 to 20, not 'x'" "$clone/tools/demo" --loss x
refuses 'demo with too much loss' "from 0 to 20, not '20.1'" "$clone/tools/demo" --loss=20.1
refuses 'demo with less than no loss' "not '-1'" "$clone/tools/demo" --loss -1
refuses 'demo with too many digits' "not '1.00001'" "$clone/tools/demo" --duplicate 1.00001
refuses 'demo with all and more reordered' "from 0 to 100, not '101'" "$clone/tools/demo" --reorder 101
refuses 'demo with too long a way' "from 0 to 1000, not '1001'" "$clone/tools/demo" --rtt 1001
refuses 'demo without a loss' '--loss needs a number' "$clone/tools/demo" --loss
refuses 'demo with a bad seed' "from 1 on, not '0'" "$clone/tools/demo" --loss 1 --seed 0
refuses 'demo with a seed alone' '--seed goes with' "$clone/tools/demo" --seed 1
refuses 'demo with a method that is none' "not 'scam'" "$clone/tools/demo" --mode nic --method scam
refuses 'demo with a method and another one' "not 'scan,stack'" "$clone/tools/demo" --mode nic --method scan,stack
refuses 'demo with half a method' "not 'scan,'" "$clone/tools/demo" --mode nic --method scan,
refuses 'demo with an empty method' "not ''" "$clone/tools/demo" --mode nic --method=
refuses 'demo with a method and no NIC' '--mode nic' "$clone/tools/demo" --method scan
refuses 'fuzz without a name' 'no fuzzer named' "$clone/tools/fuzz"
refuses 'fuzz with two names' "unknown argument 'b'" "$clone/tools/fuzz" a b
refuses 'fuzz with bad seconds' "not '0'" "$clone/tools/fuzz" a --seconds 0
refuses 'fuzz with an input that is not there' "no file 'x'" "$clone/tools/fuzz" a --replay x
refuses 'fuzz with a bad fault' "not 'x'" "$clone/tools/fuzz" --faults x
refuses 'a mutant that is not there' 'no mutant 00' "$clone/tools/mutants" 00
refuses 'mutants of rows with an unknown option' "'--frob'" "$clone/tools/mutants" rows --frob
refuses 'mutants of scripts with an unknown option' "'--frob'" "$clone/tools/mutants" scripts --frob
refuses 'check with an unknown stage' "'frob'" "$clone/tools/check" frob

stage 10-good <<< 'echo fine'
stage 20-skips <<< 'echo because; exit 77'
stage 30-tap <<< 'printf "ok 1 - a\nok 2 - b # SKIP no card\nok 3\n"'
code=0
said=$("$clone/tools/check" < /dev/null 2>&1) || code=$?
is 'check passes' 0 "$code"
is 'check counts' '4 passed, 0 failed, 2 skipped' "$(tail -n 1 <<< "$said")"
is 'check names the reasons of skips' 2 "$(grep -cE 'skipped: (because|b: no card)' <<< "$said")"
stage 40-fails <<< 'echo "not ok 1 - broken"; echo the reason; exit 1'
stage 50-dies <<< 'kill -SEGV $$'
stage 60-last <<< 'true'
code=0
said=$("$clone/tools/check" < /dev/null 2>&1) || code=$?
is 'check fails' 1 "$code"
is 'check goes on and counts' '5 passed, 2 failed, 2 skipped' "$(tail -n 1 <<< "$said")"
is 'check repeats the failures' 1 "$(grep -c '^the reason$' <<< "$said")"
said=$("$clone/tools/check" good < /dev/null 2>&1)
is 'check runs selected stages' '2 passed, 0 failed, 0 skipped' "$(tail -n 1 <<< "$said")"
cp -- "$source_dir/tools/check.d/90-leftovers" "$clone/tools/check.d/"
rm -f -- "$clone"/tools/check.d/[1-6]*
stage 10-leaves <<< 'sleep 600 & echo $! > sleeper'
said=$("$clone/tools/check" < /dev/null 2>&1)
is 'check finds what was left running' 1 "$(grep -cE '^process [0-9]+: sleep 600' <<< "$said")"
kill "$(cat "$clone/sleeper")"
