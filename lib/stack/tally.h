/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What is counted of a connection and changes seldom: beside the sockets, by their slots, so that it
 * takes no room in lines that segments need. What a flight counts comes here when it is taken back.
 */
#ifndef RTLS_STACK_TALLY_H
#define RTLS_STACK_TALLY_H

#include <stdint.h>

#include "tcp/chrono.h"

struct sock_tally {
	uint64_t retransmissions; /* segments */
	uint64_t again_bytes;     /* payload that was sent before */
	uint64_t out_of_order;    /* segments that waited for others before them */
	uint64_t waited_us[TCP_WAITS_ALL];
	uint32_t timeouts; /* of retransmission */
	uint32_t dsacks;
	uint32_t reorderings;
};

#endif
