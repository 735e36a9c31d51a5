/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/rack.h"

enum {
	KEEP_RECOVERIES = 16, /* RFC 8985 6.2, step 4 */
	STEPS_MAX = UINT8_MAX,
	MIN_RTT_US = 300000000, /* a path may have become longer: so old a minimum is none */
	QUARTERS = 4,
};

void
tcp_rack_init(struct tcp_rack *r, uint32_t srtt_us, uint32_t now_us)
{
	*r = (struct tcp_rack){ .min_rtt_us = srtt_us, .min_since_us = now_us, .steps = 1 };
}

static void
measure(struct tcp_rack *r, uint32_t rtt_us, uint32_t now_us)
{
	if (r->min_rtt_us != 0 && rtt_us > r->min_rtt_us && now_us - r->min_since_us < MIN_RTT_US)
		return;
	r->min_rtt_us = rtt_us > 0 ? rtt_us : 1;
	r->min_since_us = now_us;
}

static bool
is_later(uint32_t a_us, uint64_t a_end, uint32_t b_us, uint64_t b_end)
{
	return (int32_t)(a_us - b_us) > 0 || (a_us == b_us && a_end > b_end);
}

static void
take(struct tcp_rack *r, const struct tcp_newest *n, uint32_t now_us)
{
	r->rtt_us = now_us - n->sent_us;
	if (r->known && !is_later(n->sent_us, n->end, r->sent_us, r->end))
		return;
	r->sent_us = n->sent_us;
	r->end = n->end;
	r->known = true;
}

/*
 * What was sent again may have arrived the first time: RFC 8985 6.2, step 2. Then its round trip
 * seems shorter than the path is, or the echo is of an older one.
 */
static bool
is_doubtful(const struct tcp_rack *r, const struct tcp_newest *n, uint32_t now_us, bool older)
{
	return older || now_us - n->sent_us < r->min_rtt_us;
}

void
tcp_rack_delivered(struct tcp_rack *r, const struct tcp_delivered *d, uint32_t now_us, bool older)
{
	if (d->once.known) {
		measure(r, now_us - d->once.sent_us, now_us);
		take(r, &d->once, now_us);
	}
	if (d->again.known && !is_doubtful(r, &d->again, now_us, older))
		take(r, &d->again, now_us);
	if (d->reordered != UINT64_MAX) {
		r->reordered = true;
		r->reorderings++;
	}
}

void
tcp_rack_duplicate(struct tcp_rack *r, uint64_t una, uint64_t nxt)
{
	if (una < r->dsack_end)
		return;
	r->dsack_end = nxt;
	if (r->steps < STEPS_MAX)
		r->steps++;
	r->keep = KEEP_RECOVERIES;
}

void
tcp_rack_recovered(struct tcp_rack *r)
{
	if (r->keep > 0 && --r->keep == 0)
		r->steps = 1;
}

uint32_t
tcp_rack_window(const struct tcp_rack *r, uint32_t srtt_us, bool eager)
{
	uint64_t us = (uint64_t)r->min_rtt_us / QUARTERS * r->steps;

	if (!r->reordered && eager)
		return 0;
	return us < srtt_us ? (uint32_t)us : srtt_us;
}

struct tcp_overdue
tcp_rack_detect(const struct tcp_rack *r, struct tcp_board *b, uint32_t window_us, uint32_t now_us)
{
	if (!r->known)
		return (struct tcp_overdue){ .lost = 0, .wait_us = UINT32_MAX };
	return tcp_board_overdue(b, r->sent_us, r->end, r->rtt_us + window_us, now_us);
}
