#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors
#
# localise.sh ARCHIVE OUTPUT DIR MAP OBJCOPY AR CC [ARG ...]
#
# Makes an archive in which only what the version script MAP exports is visible: all objects of an
# archive are linked into one, and every other global symbol of it becomes local. The compiler
# links them, since objects of link-time optimisation have no symbols yet that could be made local.
set -eu
archive=$1 output=$2 dir=$3 map=$4 objcopy=$5 ar=$6
shift 6
mkdir -p "$dir"
sed 's,/[*].*[*]/,,; s,#.*,,' "$map" | grep -o 'rtls_[a-z0-9_*]*' > "$dir/symbols"
# What optimisation makes of a public name, as name.localalias, is none.
printf '!*.*\n' >> "$dir/symbols"
"$@" -r -nostdlib -o "$dir/all.o" -Wl,--whole-archive "$archive" -Wl,--no-whole-archive
"$objcopy" --wildcard --keep-global-symbols="$dir/symbols" "$dir/all.o"
rm -f "$output"
"$ar" rcs "$output" "$dir/all.o"
