/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Frames into a whole stack with calls in between, against a second receiver (receiver.h) and
 * invariants (stack_invariants.h).
 *
 * Input: a bit for a port with little receive memory, how the first connection is opened, then
 * operations (stack_ops.c).
 */
#include "fuzz/finding.h"
#include "fuzz/stack_ops.h"
#include "support/eal.h"

enum { PLENTY = 1 << 24, LITTLE = 1 << 17 };

static struct bench plenty, little;

static void
close_all(void)
{
	bench_close(&plenty);
	bench_close(&little);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (eal_start("fuzz-stack") != 0)
		fuzz_finding("no EAL");
	bench_open(&plenty, "plenty", PLENTY, NULL);
	bench_open(&little, "little", LITTLE, NULL);
	little.one_by_one = true;
	atexit(close_all);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };

	stack_ops_run(fuzz_u8(&in) % 8 == 7 ? &little : &plenty, &in);
	return 0;
}
