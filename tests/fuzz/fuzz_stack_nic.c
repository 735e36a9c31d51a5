/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The same as fuzz_stack.c over a TLS NIC that seals and opens: whatever the NIC made of what
 * came, what is read is what was sealed, and what is on the wire is sealed.
 *
 * Input: which kind of NIC, then as for fuzz_stack.c.
 */
#include <recordtls/tlsnic.h>

#include "fuzz/finding.h"
#include "fuzz/stack_ops.h"
#include "support/eal.h"

enum { PLENTY = 1 << 24 };

static struct bench rebuilds, slow;

static void
close_all(void)
{
	bench_close(&rebuilds);
	bench_close(&slow);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct rtls_tlsnic_conf conf[] = {
		{ .size = sizeof(conf[0]), .max_contexts = 8, .nb_mbufs = 2046 },
		{ .size = sizeof(conf[0]),
		  .max_contexts = 3, /* fewer than wanted */
		  .nb_mbufs = 2046,
		  .add_polls = 2,
		  .tx_method = RTLS_TLS_TX_NEXT_RECORD,
		  .no_tso = 1 },
	};

	(void)argc;
	(void)argv;
	if (eal_start("fuzz-stack-nic") != 0)
		fuzz_finding("no EAL");
	bench_open(&rebuilds, "rebuilds", PLENTY, &conf[0]);
	bench_open(&slow, "slow", PLENTY, &conf[1]);
	atexit(close_all);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };

	stack_ops_run(fuzz_u8(&in) % 4 == 3 ? &slow : &rebuilds, &in);
	return 0;
}
