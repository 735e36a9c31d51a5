/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The tail loss probe, RFC 8985 7: when nothing is heard for about two round trips, one more segment
 * goes, new or the last one again, so that an ACK tells what is missing before the timeout does.
 */
#ifndef RTLS_TCP_TLP_H
#define RTLS_TCP_TLP_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_tlp {
	uint64_t end;   /* SND.NXT when the probe was sent; valid while it is out */
	uint32_t bytes; /* of the probe, if it was sent before; 0: it was new */
	bool out;
};

/*
 * How long to wait before a probe; alone: less than two full segments are in flight, whose ACK may
 * be delayed.
 */
uint32_t tcp_tlp_wait_us(uint32_t srtt_us, bool alone);

/* Event: the probe was sent. again: it was sent before. */
void tcp_tlp_sent(struct tcp_tlp *t, uint64_t nxt, uint32_t bytes, bool again);

/*
 * Event: an ACK up to una; duplicate: it says nothing but that a segment came twice. True: the probe
 * filled a gap, so a segment was lost that nothing else told of.
 */
bool tcp_tlp_acked(struct tcp_tlp *t, uint64_t una, bool duplicate);

/* Event: losses are known, by whatever: it asks nothing any more. */
static inline void
tcp_tlp_end(struct tcp_tlp *t)
{
	t->out = false;
}

#endif
