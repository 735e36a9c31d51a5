/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * TIME-WAIT: compact records of fixed number in the caller's memory (RFC 9293
 * 3.6.1, RFC 1337, RFC 6191). When all are taken the oldest is recycled. All
 * wait equally long, so a list in order of arrival is the timer.
 */
#ifndef RTLS_TCP_TIMEWAIT_H
#define RTLS_TCP_TIMEWAIT_H

#include <stddef.h>

#include "net/addr.h"
#include "tcp/conn.h"

struct tcp_timewait_entry {
	struct net_tuple tuple;
	uint32_t snd_nxt; /* sequence numbers, behind both FINs */
	uint32_t rcv_nxt;
	uint32_t ts_recent;
	uint32_t ts_offset;
	bool ts_on;
	uint8_t wscale;
	uint16_t wnd;           /* as told last */
	uint64_t at_us;         /* its end */
	uint64_t again_next_us; /* TCP_TIMEWAIT_ACK from here on */
	uint32_t rcv_buf;       /* the largest window that the peer was told */
	uint32_t prev;          /* by age; indices, 0: none */
	uint32_t next;
	uint32_t chain; /* next of its hash bucket */
};

struct tcp_timewait;

/* Bytes of memory, aligned to 8. */
size_t tcp_timewait_size(uint32_t capacity);

/* Makes a table in mem, which it borrows. The key is copied. NULL: size is too small. */
struct tcp_timewait *tcp_timewait_init(void *mem, size_t size, uint32_t capacity,
				       const uint8_t key[16]);

/*
 * Event: TCP_EV_TIME_WAIT of c, whose memory is the caller's again afterwards.
 * Answer with tcp_timewait_ack: the peer's FIN is not acknowledged yet. *recycled
 * is set when the oldest record had to go.
 */
struct tcp_timewait_entry *tcp_timewait_add(struct tcp_timewait *tw, const struct net_tuple *tuple,
					    const struct tcp_conn *c, uint64_t now_us,
					    bool *recycled);

struct tcp_timewait_entry *tcp_timewait_find(struct tcp_timewait *tw,
					     const struct net_tuple *tuple);

void tcp_timewait_ack(const struct tcp_timewait_entry *e, uint64_t now_us, struct tcp_seg *out);

enum tcp_timewait_verdict {
	TCP_TIMEWAIT_DROP,
	TCP_TIMEWAIT_ACK,       /* answer with tcp_timewait_ack: the peer missed our ACK */
	TCP_TIMEWAIT_CHALLENGE, /* junk: the same, if its sender may be answered now */
	TCP_TIMEWAIT_REUSE,     /* a new SYN: the record is gone, the listener takes it with *iss */
};

/*
 * Event: a segment for a record. time_wait_us: what a repeated FIN restarts. What the peer
 * repeats is answered once in TCP_AGAIN_US: the ACK that went then is on its way to it.
 * *iss is written on TCP_TIMEWAIT_REUSE: beyond all that the old connection sent.
 */
enum tcp_timewait_verdict tcp_timewait_input(struct tcp_timewait *tw, struct tcp_timewait_entry *e,
					     const struct tcp_seg *seg, uint32_t time_wait_us,
					     uint64_t now_us, uint32_t *iss);

/*
 * May we open a record's tuple anew, RFC 6191 seen from the other end? Only where PAWS tells old
 * segments of the peer's from those of the new connection: both had timestamps, and the peer was not
 * heard for so long that its slowest clock (RFC 7323 5.4: a tick in 1 s) has moved since. So has ours,
 * by which a peer that waits as well knows our SYN for a new one.
 */
bool tcp_timewait_may_open(const struct tcp_timewait_entry *e, uint32_t time_wait_us,
			   uint64_t now_us);

/* Event: we do. The record is gone; the number to begin with, beyond all that the old connection sent. */
uint32_t tcp_timewait_open(struct tcp_timewait *tw, struct tcp_timewait_entry *e);

/* Event: time passed. Returns how many records ended, at most max; the others are due still. */
uint32_t tcp_timewait_expire(struct tcp_timewait *tw, uint64_t now_us, uint32_t max);

/* When tcp_timewait_expire has something to do; UINT64_MAX: never. */
uint64_t tcp_timewait_deadline(const struct tcp_timewait *tw);

uint32_t tcp_timewait_count(const struct tcp_timewait *tw);

#endif
