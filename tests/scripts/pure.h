/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* lib/tcp alone, put together as lib/stack does it: what of it the calls of a program need. */
#ifndef RTLS_SCRIPTS_PURE_H
#define RTLS_SCRIPTS_PURE_H

#include <stdlib.h>

#include "scripts/end.h"
#include "tcp/conn.h"
#include "tcp/cookie.h"
#include "tcp/flight.h"
#include "tcp/ranges.h"
#include "tcp/syncache.h"
#include "tcp/timewait.h"

enum { PURE_TS_OFFSET = 77 };

/* Whose the connection is. */
enum pure_owner {
	PURE_NOBODY, /* there is none */
	PURE_BACKLOG,
	PURE_PROGRAM,
	PURE_ORPHAN,
};

struct pure {
	const struct script_conf *conf;
	struct tcp_params params;
	uint64_t opened_us;
	bool listens;
	struct net_tuple tuple;
	struct tcp_syncache *half_open;
	struct tcp_timewait *time_wait;
	struct tcp_cookies cookies;
	enum pure_owner owner;
	struct tcp_conn c;
	struct tcp_ranges held;
	uint8_t *stream; /* what came; what is read is below `read` */
	uint8_t *there;  /* 1 for each byte that came */
	uint64_t read;
	end_sent_fn sent;
	void *arg;
};

/* Bytes in order that nobody has read. */
static inline uint64_t
pure_unread(const struct pure *p)
{
	return p->c.rcv_nxt - p->read;
}

/* The connection is gone. */
static inline void
pure_forget(struct pure *p)
{
	if (p->owner != PURE_NOBODY && p->c.flight != NULL) {
		if (!tcp_flight_is_over(&p->c))
			tcp_conn_closed(&p->c, TCP_END_ABORTED);
		free(tcp_flight_end(&p->c));
	}
	p->owner = PURE_NOBODY;
	tcp_ranges_init(&p->held);
}

/* A new connection's. */
void pure_set_opts(struct pure *p);

/* It goes out. */
void pure_emit(const struct pure *p, const struct tcp_seg *seg, uint64_t now_us);

/* As struct end_ops says. */
int64_t pure_call(void *end, enum script_call call, uint32_t arg, uint8_t *bytes, uint64_t now_us);

#endif
