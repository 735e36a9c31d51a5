/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where a device that opens records in order must be in the sealed stream, as long as all that it
 * took is that stream's: one offset, and the list of records. doc/offload-contract.md says what
 * a gap does to it.
 */
#ifndef RTLS_FUZZ_NIC_PLACE_H
#define RTLS_FUZZ_NIC_PLACE_H

#include "fuzz/sealed.h"

struct nic_place {
	const struct sealed *sealed;
	bool started;
	bool foreign; /* it took bytes that nobody sealed: nothing is known */
	int64_t pos;
	int64_t limit; /* the records of its key end here */
	uint16_t runs; /* gaps that it jumped over */
};

enum nic_takes {
	NIC_TAKES_NOTHING,
	NIC_TAKES_ALL,  /* the packet is the expected one: opened */
	NIC_TAKES_TAIL, /* it follows its bytes, but passes the packet as it came */
};

/* A packet of len bytes at off; *to: where it is behind it, if the packet is taken. */
enum nic_takes nic_place_take(struct nic_place *p, int64_t off, uint32_t len, int64_t *to);

#endif
