/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A router between the ends of a pair: it drops what it is told to, and says so by ICMP, truly or not. */
#ifndef RTLS_EAL_ROUTER_H
#define RTLS_EAL_ROUTER_H

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "support/pair.h"

enum {
	ROUTER_NET = 0xc0000200,
	ROUTER_PEER = 1, /* end 0 */
	ROUTER_SELF = 2, /* end 1 */
	ROUTER_HOST = 254,
	ROUTER_TCP_AT = 34,
};

static const uint8_t router_mac[6] = { 2, 0, 0, 0, 0x55, 1 };

struct router {
	struct cable *cable;
	uint8_t mac[2][6];
	struct forged last; /* what it has kept of what came */
};

/* Two ends a millisecond away from each other; the filter is what the router does to a frame. */
static inline void
router_start(struct router *r, struct pair *p, struct pair_conf *conf, cable_filter_fn filter)
{
	memset(r, 0, sizeof(*r));
	conf->filter = filter;
	conf->path[0].delay_us = conf->path[1].delay_us = 1000;
	pair_init(p, conf);
	r->cable = p->cable;
	memcpy(r->mac[0], p->port[0]->mac, 6);
	memcpy(r->mac[1], p->port[1]->mac, 6);
}

static inline void
router_stop(struct pair *p, struct rtls_sock *socks[2])
{
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(p);
}

static inline bool
router_is_tcp(const uint8_t *frame)
{
	return get16(frame + 12) == 0x0800 && frame[23] == 6;
}

static inline void
router_keep(struct router *r, const uint8_t *frame, uint32_t len)
{
	memcpy(r->last.bytes, frame, len);
	r->last.len = len;
}

/* What it says to an end about a frame of that one's; returns the message, for more. */
static inline uint8_t *
router_icmp(const struct router *r, struct forged *f, int to, uint8_t type, uint8_t code,
	    const uint8_t *about)
{
	return forged_icmp(f, r->mac[to], router_mac, ROUTER_NET + ROUTER_HOST,
			   ROUTER_NET + (to == 0 ? ROUTER_PEER : ROUTER_SELF), type, code, about);
}

/* As if the frame that it quotes had carried a number off further. */
static inline void
router_misquote(struct forged *f, const uint8_t *about, int32_t off)
{
	put32(f->bytes + ROUTER_TCP_AT + 8 + 24, get32(about + ROUTER_TCP_AT + 4) + (uint32_t)off);
	forged_finish(f, f->len);
}

static inline void
router_send(const struct router *r, int to, const struct forged *f)
{
	CU_ASSERT_EQUAL(cable_inject(r->cable, 1 - to, f->bytes, f->len), 0);
}

#endif
