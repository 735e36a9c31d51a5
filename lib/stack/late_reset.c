/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/late_reset.h"

#include "stack/nexthop.h"
#include "stack/packet.h"
#include "stack/reply.h"
#include "stack/state.h"

static void
keep(struct rtls_sock *sock, const struct tcp_seg *rst)
{
	struct rtls_stack *s = sock->stack;
	struct late_resets *l = &s->late_resets;
	struct late_reset *r = &l->of[l->nb];

	if (l->nb == LATE_RESETS) {
		stack_count(s, CNT_TX_ANSWERS_DROPPED);
		return;
	}
	*r = (struct late_reset){
		.tuple = sock->tuple,
		.path = sock->path,
		.until_us = s->now_us + LATE_RESET_US,
		.tos = sock->tos,
		.ttl = sock->ttl,
	};
	memcpy(&r->seg, rst, offsetof(struct tcp_seg, sacks));
	l->again_us = l->nb == 0 ? r->path.again_us : RTE_MIN(l->again_us, r->path.again_us);
	l->nb++;
}

void
late_reset_send(struct rtls_sock *sock, const struct tcp_seg *rst)
{
	struct rtls_stack *s = sock->stack;

	switch (nexthop_resolve(s, &sock->tuple.remote, &sock->path)) {
	case NEXTHOP_READY:
		reply_segment(s, &s->netifs[sock->path.netif], sock->path.mac, sock, &sock->tuple,
			      rst);
		stack_count(s, CNT_TX_RESETS);
		break;
	case NEXTHOP_WAIT:
		keep(sock, rst);
		break;
	case NEXTHOP_FAILED:
		stack_count(s, CNT_TX_ANSWERS_DROPPED);
		break;
	}
}

static void
send_late(struct rtls_stack *s, const struct late_reset *r)
{
	struct packet_headers h = {
		.nif = &s->netifs[r->path.netif],
		.dst_mac = r->path.mac,
		.tuple = &r->tuple,
		.seg = &r->seg,
		.tos = r->tos,
		.ttl = r->ttl,
	};

	reply_headers(s, &s->netifs[r->path.netif], &h);
	stack_count(s, CNT_TX_RESETS);
}

/* Is it gone, this way or that? */
static bool
look(struct rtls_stack *s, struct late_reset *r)
{
	enum nexthop_verdict verdict = nexthop_resolve(s, &r->tuple.remote, &r->path);

	if (verdict == NEXTHOP_READY) {
		send_late(s, r);
		return true;
	}
	if (verdict == NEXTHOP_WAIT && s->now_us < r->until_us)
		return false;
	stack_count(s, CNT_TX_ANSWERS_DROPPED);
	return true;
}

void
late_reset_learned(struct rtls_stack *s)
{
	s->late_resets.again_us = s->now_us;
}

unsigned int
late_reset_poll(struct rtls_stack *s)
{
	struct late_resets *l = &s->late_resets;
	uint32_t i, n = l->nb;

	if (n == 0 || s->now_us < l->again_us)
		return 0;
	l->nb = 0;
	l->again_us = UINT64_MAX;
	for (i = 0; i < n; i++) {
		if (look(s, &l->of[i]))
			continue;
		l->again_us = RTE_MIN(l->again_us, l->of[i].path.again_us);
		/* In the order in which their connections ended. */
		if (l->nb != i)
			l->of[l->nb] = l->of[i];
		l->nb++;
	}
	return n - l->nb;
}

uint64_t
late_reset_deadline(const struct rtls_stack *s)
{
	return s->late_resets.nb == 0 ? UINT64_MAX : s->late_resets.again_us;
}
