/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/rate.h"

void
tcp_rate_init(struct tcp_rate *r)
{
	*r = (struct tcp_rate){ .delivered = 0 };
}

void
tcp_rate_sending(struct tcp_rate *r, bool idle, struct tcp_sending *s)
{
	if (idle)
		r->delivered_us = r->first_sent_us = s->now_us;
	s->snapshot = (struct tcp_snapshot){
		.delivered = r->delivered,
		.delivered_us = r->delivered_us,
		.first_sent_us = r->first_sent_us,
	};
	s->app_limited = r->app_limited;
}

void
tcp_rate_app_limited(struct tcp_rate *r, uint32_t pipe)
{
	r->app_limited = true;
	r->limited_end = r->delivered + pipe;
}

static uint32_t
later_of(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0 ? a : b;
}

/* Of what was delivered the segment that was sent last. */
static const struct tcp_newest *
newest_of(const struct tcp_delivered *d)
{
	if (!d->again.known)
		return &d->once;
	if (!d->once.known)
		return &d->again;
	return later_of(d->again.sent_us, d->once.sent_us) == d->once.sent_us ? &d->once :
										&d->again;
}

/* What the program was the limit of says that the path is so fast at least. */
static void
keep(struct tcp_rate *r, uint32_t bytes, uint32_t us, bool limited)
{
	if (limited && (uint64_t)bytes * r->sample_us < (uint64_t)r->sample_bytes * us)
		return;
	r->sample_bytes = bytes;
	r->sample_us = us;
	r->sample_limited = limited;
}

static void
sample(struct tcp_rate *r, const struct tcp_newest *p, uint32_t now_us, uint32_t min_rtt_us)
{
	uint32_t sending_us = p->sent_us - p->snapshot.first_sent_us;
	uint32_t acking_us = now_us - p->snapshot.delivered_us;
	uint32_t us = sending_us > acking_us ? sending_us : acking_us;

	r->first_sent_us = p->sent_us;
	if (us > 0 && us >= min_rtt_us)
		keep(r, r->delivered - p->snapshot.delivered, us, p->app_limited);
}

void
tcp_rate_delivered(struct tcp_rate *r, const struct tcp_delivered *d, uint32_t now_us,
		   uint32_t min_rtt_us)
{
	const struct tcp_newest *newest = newest_of(d);

	if (d->bytes == 0)
		return;
	r->delivered += d->bytes;
	r->delivered_us = now_us;
	if (r->app_limited && (int32_t)(r->delivered - r->limited_end) > 0)
		r->app_limited = false;
	if (newest->known)
		sample(r, newest, now_us, min_rtt_us);
}
