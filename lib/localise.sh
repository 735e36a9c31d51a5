#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors
#
# Makes an archive in which only rtls_* is visible: all objects of an archive are
# linked into one, and every other global symbol of it becomes local.
set -eu
archive=$1 output=$2 dir=$3
mkdir -p "$dir"
ld -r -o "$dir/all.o" --whole-archive "$archive"
objcopy --wildcard --keep-global-symbol='rtls_*' "$dir/all.o"
rm -f "$output"
ar rcs "$output" "$dir/all.o"
