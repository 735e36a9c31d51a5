/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "ss_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RTO_MAX_US UINT64_C(60000000) /* what a time that was doubled stays below */

struct line {
	char *at;
	size_t room;
};

__attribute__((format(printf, 2, 3))) static void
put(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->at, l->room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= l->room)
		return;
	l->at += n;
	l->room -= (size_t)n;
}

static void
put_count(struct line *l, const char *name, uint64_t n)
{
	if (n != 0)
		put(l, " %s:%" PRIu64, name, n);
}

static void
put_rate(struct line *l, const char *name, double bytes)
{
	if (bytes > 0)
		put(l, " %s %.0fbps", name, 8 * bytes);
}

static void
put_ago(struct line *l, const char *name, uint64_t us)
{
	if (us != UINT64_MAX)
		put_count(l, name, us / 1000);
}

/* Of a time that something else was the limit for a part of. */
static void
put_share(struct line *l, const char *name, uint64_t us, uint64_t of_us)
{
	if (us != 0 && of_us != 0)
		put(l, " %s:%" PRIu64 "ms(%.1f%%)", name, us / 1000,
		    100.0 * (double)us / (double)of_us);
}

/* As many as hold so many bytes. */
static uint64_t
segments(const struct rtls_sock_info *i, uint64_t bytes)
{
	return i->mss == 0 ? 0 : bytes / i->mss + (bytes % i->mss != 0);
}

static uint64_t
rto_us(const struct rtls_sock_info *i)
{
	uint64_t us = i->rto_us;

	for (uint8_t n = i->rto_backoff; n > 0 && us < RTO_MAX_US; n--)
		us *= 2;
	return i->rto_backoff > 0 && us > RTO_MAX_US ? RTO_MAX_US : us;
}

/* What both sides agreed on, times and sizes. */
static void
put_path(struct line *l, const struct rtls_sock_info *i)
{
	if (i->timestamps)
		put(l, " ts");
	if (i->sack)
		put(l, " sack");
	if (i->cc != NULL)
		put(l, " %s", i->cc);
	if (i->snd_wscale != 0 || i->rcv_wscale != 0)
		put(l, " wscale:%u,%u", i->snd_wscale, i->rcv_wscale);
	if (i->rto_us != 0)
		put(l, " rto:%g", (double)rto_us(i) / 1000);
	put_count(l, "backoff", i->rto_backoff);
	if (i->srtt_us != 0)
		put(l, " rtt:%g/%g", i->srtt_us / 1000.0, i->rttvar_us / 1000.0);
	if (i->ato_us != 0)
		put(l, " ato:%g", i->ato_us / 1000.0);
	put_count(l, "mss", i->mss);
	put_count(l, "pmtu", i->pmtu);
	put_count(l, "rcvmss", i->rcv_mss);
	put_count(l, "advmss", i->adv_mss);
	put_count(l, "cwnd", i->mss != 0 ? i->cwnd / i->mss : 0);
	if (i->ssthresh != UINT32_MAX)
		put_count(l, "ssthresh", i->mss != 0 ? i->ssthresh / i->mss : 0);
}

static void
put_traffic(struct line *l, const struct rtls_sock_info *i, const struct rtls_sock_stats *s)
{
	put_count(l, "bytes_sent", i->bytes_sent);
	put_count(l, "bytes_retrans", i->bytes_retrans);
	put_count(l, "bytes_acked", i->bytes_acked);
	put_count(l, "bytes_received", i->bytes_received);
	put_count(l, "segs_out", i->segs_out);
	put_count(l, "segs_in", i->segs_in);
	put_count(l, "data_segs_out", s->tx_segments);
	put_count(l, "data_segs_in", s->rx_segments);
	if (i->srtt_us != 0)
		put_rate(l, "send", i->cwnd * 1e6 / i->srtt_us);
	put_ago(l, "lastsnd", i->last_sent_us);
	put_ago(l, "lastrcv", i->last_received_us);
	put_ago(l, "lastack", i->last_heard_us);
	put_rate(l, "pacing_rate", (double)i->pacing_rate);
	put_rate(l, "delivery_rate", (double)i->delivery_rate);
	if (i->rate_app_limited)
		put(l, " app_limited");
	if (i->busy_us != 0)
		put(l, " busy:%" PRIu64 "ms", i->busy_us / 1000);
	put_share(l, "rwnd_limited", i->rwnd_limited_us, i->busy_us);
	put_share(l, "sndbuf_limited", i->sndbuf_limited_us, i->busy_us);
}

static void
put_flight(struct line *l, const struct rtls_sock_info *i, const struct rtls_sock_stats *s)
{
	put_count(l, "unacked", segments(i, i->in_flight));
	if (i->retrans_in_flight != 0 || s->retransmissions != 0)
		put(l, " retrans:%" PRIu64 "/%" PRIu64, segments(i, i->retrans_in_flight),
		    s->retransmissions);
	put_count(l, "lost", segments(i, i->lost));
	put_count(l, "sacked", segments(i, i->sacked));
	put_count(l, "dsack_dups", i->dsack_dups);
	put_count(l, "reord_seen", i->reord_seen);
	if (i->rcv_rtt_us != 0)
		put(l, " rcv_rtt:%g", i->rcv_rtt_us / 1000.0);
	put_count(l, "rcv_space", i->rcvbuf);
	put_count(l, "rcv_ssthresh", i->rcv_wnd);
	put_count(l, "notsent", i->snd_unsent);
	if (i->min_rtt_us != 0)
		put(l, " minrtt:%g", i->min_rtt_us / 1000.0);
	put_count(l, "rcv_ooopack", i->rcv_ooo_segs);
	put_count(l, "snd_wnd", i->snd_wnd);
}

void
ss_line(char out[SS_LINE], const struct rtls_sock_info *info, const struct rtls_sock_stats *stats)
{
	struct line l = { .at = out, .room = SS_LINE };

	out[0] = '\0';
	put_path(&l, info);
	put_traffic(&l, info, stats);
	put_flight(&l, info, stats);
	if (out[0] == ' ')
		memmove(out, out + 1, strlen(out));
}
