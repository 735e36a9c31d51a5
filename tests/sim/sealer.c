/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/sealer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/frame.h"

enum {
	MSS_DEFAULT = 536, /* RFC 9293 3.7.1 */
	HELD_MAX = 65536,
};

/* A frame that lies behind a gap. */
struct held {
	struct held *next;
	uint32_t len;
	uint8_t bytes[];
};

struct dir {
	uint32_t max_seg;
	struct stream stream; /* that this end sends */
	struct sealer_stats stats;
	bool syn;
	bool fin;
	uint64_t fin_off;
	bool gaps;
	struct held *held; /* the newest first */
	unsigned int nb_held;

	/* What this end told about itself. */
	uint16_t mss;
	int wscale;
	int64_t acked; /* of the other's stream, its FIN counts 1 */
	int64_t edge;  /* right edge of its window */
};

struct sealer {
	uint16_t mtu;
	bool forged;
	bool two_ways;
	uint64_t frames;
	struct dir dirs[2];
	char error[256];
};

static void
complain(struct sealer *s, int dir, const char *what, int64_t at)
{
	if (s->error[0] == '\0')
		snprintf(s->error, sizeof(s->error),
			 "frame %" PRIu64 " from end %d: %s (%" PRId64 ")", s->frames, dir, what,
			 at);
}

static void
append(struct sealer *s, int dir, const uint8_t *bytes, uint64_t len)
{
	struct stream *stream = &s->dirs[dir].stream;
	const char *wrong = stream_append(stream, bytes, len);

	if (wrong != NULL)
		complain(s, dir, wrong, (int64_t)stream->opened);
}

static void
check_payload(struct sealer *s, int dir, const struct frame *f, int64_t off)
{
	struct dir *d = &s->dirs[dir], *peer = &s->dirs[1 - dir];
	int64_t end = off + f->payload_len, known = (int64_t)d->stream.len;
	int64_t key_off = (int64_t)d->stream.conf.journal->plain_len;
	int64_t again = (end < known ? end : known) - off;
	const uint8_t *p = f->payload;

	d->stats.segments++;
	if (f->payload_len + f->opt_len > (peer->mss != 0 ? peer->mss : MSS_DEFAULT))
		complain(s, dir, "a segment above the MSS", f->payload_len);
	if (d->max_seg != 0 && f->payload_len > d->max_seg)
		complain(s, dir, "a segment above its sender's limit", f->payload_len);
	if (off < key_off && end > key_off)
		complain(s, dir, "a segment across the key change", off);
	if (!s->forged && end > peer->edge && f->payload_len > 1)
		complain(s, dir, "a segment beyond the window", end - peer->edge);
	if (f->payload_len == 1 && end >= peer->edge)
		d->stats.probes++;
	if (off < 0) {
		/* A probe may repeat SYN's sequence number, with a byte that nobody looks at. */
		if (f->payload_len > 1)
			complain(s, dir, "a segment in front of the stream", off);
		return;
	}
	if (again > 0 && !stream_holds(&d->stream, (uint64_t)off, p, (uint64_t)again))
		complain(s, dir, "other bytes than those first sent at stream offset", off);
	if (off >= key_off && (journal_leaks(d->stream.conf.journal, p, f->payload_len) ||
			       journal_leaks(peer->stream.conf.journal, p, f->payload_len)))
		complain(s, dir, "plaintext in clear at stream offset", off);
	if (end <= known)
		d->stats.retransmitted++;
	else if (d->fin)
		complain(s, dir, "bytes behind the FIN", off);
	else
		append(s, dir, p + (known - off), (uint64_t)(end - known));
	if (stream_spans_keys(&d->stream, (uint64_t)off, (uint64_t)end))
		complain(s, dir, "a segment under two keys", off);
}

static void
check_ack(struct sealer *s, int dir, const struct frame *f)
{
	struct dir *d = &s->dirs[dir], *peer = &s->dirs[1 - dir];
	int64_t ack, edge, sent = (int64_t)peer->stream.len + (peer->fin ? 1 : 0);
	bool scaled = (f->flags & FRAME_SYN) == 0 && d->wscale >= 0 && peer->wscale >= 0;

	if (!peer->syn) {
		complain(s, dir, "an ACK of nothing", f->ack);
		return;
	}
	ack = (int32_t)(f->ack - peer->stats.isn - 1);
	edge = ack + ((int64_t)f->wnd << (scaled ? d->wscale : 0));
	if (ack < 0 || ack > sent)
		complain(s, dir, "an ACK of bytes that were not sent", ack - sent);
	if (s->two_ways && ack < d->acked)
		return;
	if (ack < d->acked)
		complain(s, dir, "an ACK that goes back", ack - d->acked);
	d->acked = ack;
	/*
	 * Rounding to the scale may take less than one unit back (RFC 7323 2.4). Behind the
	 * peer's FIN the window has no meaning any more.
	 */
	if (edge + (scaled ? 1 << d->wscale : 1) <= d->edge && !s->two_ways &&
	    !(peer->fin && ack > (int64_t)peer->fin_off))
		complain(s, dir, "a window whose right edge moves left", edge - d->edge);
	if (edge > d->edge)
		d->edge = edge;
}

static void
check_syn(struct sealer *s, int dir, const struct frame *f)
{
	struct dir *d = &s->dirs[dir];

	if (f->payload_len != 0 || (f->flags & FRAME_FIN) != 0)
		complain(s, dir, "a SYN with more than SYN", f->payload_len);
	if (d->syn && (f->seq != d->stats.isn || f->mss != d->mss || f->wscale != d->wscale))
		complain(s, dir, "another SYN than the first one", f->seq);
	if (f->mss != s->mtu - 40)
		complain(s, dir, "an MSS that is not MTU - 40", f->mss);
	if (f->wscale > 14)
		complain(s, dir, "a window scale above 14", f->wscale);
	if (!d->syn) {
		d->edge = f->wnd;
		d->acked = 0;
	}
	d->syn = true;
	d->stats.isn = f->seq;
	d->mss = f->mss;
	d->wscale = f->wscale;
}

static int64_t
offset(const struct dir *d, const struct frame *f)
{
	return (int32_t)(f->seq - d->stats.isn - 1);
}

/* Where packets are lost in front of us, what follows waits. False: it is in order, or lies. */
static bool
hold(struct sealer *s, int dir, const struct frame *f, const uint8_t *bytes, uint32_t len)
{
	struct dir *d = &s->dirs[dir];
	struct held *h;

	if (!d->gaps || !d->syn || offset(d, f) <= (int64_t)d->stream.len)
		return false;
	/* An ACK has nothing to be checked. */
	if (f->payload_len == 0 && (f->flags & FRAME_FIN) == 0)
		return true;
	if (++d->nb_held > HELD_MAX) {
		complain(s, dir, "a gap that is not filled", offset(d, f));
		return true;
	}
	h = malloc(sizeof(*h) + len);
	if (h == NULL)
		abort();
	*h = (struct held){ .next = d->held, .len = len };
	memcpy(h->bytes, bytes, len);
	d->held = h;
	return true;
}

static void
check_segment(struct sealer *s, int dir, const struct frame *f)
{
	struct dir *d = &s->dirs[dir];
	int64_t off = offset(d, f);
	bool fin = (f->flags & FRAME_FIN) != 0;

	if (!d->syn || (f->flags & FRAME_ACK) == 0) {
		complain(s, dir, "a segment without SYN or ACK", f->seq);
		return;
	}
	/* Bytes are sent for the first time in order, without a gap. */
	if (off < -1 || off > (int64_t)d->stream.len + (d->fin && f->payload_len == 0 ? 1 : 0)) {
		complain(s, dir, "a sequence number outside of the stream", off);
		return;
	}
	if (f->payload_len > 0)
		check_payload(s, dir, f, off);
	else if (!fin)
		d->stats.acks++;
	if (!fin)
		return;
	d->stats.fins++;
	off += f->payload_len;
	if (off != (int64_t)d->stream.len || (d->fin && off != (int64_t)d->fin_off))
		complain(s, dir, "a FIN that is not at the end", off);
	d->fin = true;
	d->fin_off = (uint64_t)off;
}

/* Those that a gap was in front of until now. */
static void
check_held(struct sealer *s, int dir)
{
	struct dir *d = &s->dirs[dir];
	struct held **link = &d->held, *h;
	struct frame f;

	while ((h = *link) != NULL) {
		if (frame_parse(h->bytes, h->len, &f) != NULL)
			abort();
		if (offset(d, &f) > (int64_t)d->stream.len) {
			link = &h->next;
			continue;
		}
		*link = h->next;
		d->nb_held--;
		check_segment(s, dir, &f);
		free(h);
		/* It may stand in front of one that was passed over. */
		link = &d->held;
	}
}

void
sealer_tap(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	struct sealer *s = arg;
	struct frame f;
	const char *wrong = frame_parse(bytes, len, &f);

	(void)now_us;
	s->frames++;
	s->dirs[dir].stats.frames++;
	if (wrong != NULL)
		complain(s, dir, wrong, len);
	if (wrong != NULL || !f.is_tcp || s->error[0] != '\0')
		return;
	if ((f.flags & FRAME_RST) != 0) {
		/* Only what comes late to a connection that is over may be answered so. */
		s->dirs[dir].stats.resets++;
		if (!s->forged && (!s->dirs[0].fin || !s->dirs[1].fin))
			complain(s, dir, "an RST", f.seq);
		return;
	}
	if ((f.flags & FRAME_SYN) != 0)
		check_syn(s, dir, &f);
	else if (!hold(s, dir, &f, bytes, len))
		check_segment(s, dir, &f);
	check_held(s, dir);
	if ((f.flags & FRAME_ACK) != 0 && !s->forged)
		check_ack(s, dir, &f);
	if (f.ip_len > s->mtu)
		complain(s, dir, "a packet above the MTU", f.ip_len);
}

/* --- life -------------------------------------------------------------------- */

struct sealer *
sealer_create(const struct sealer_conf *conf)
{
	struct sealer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->mtu = conf->mtu;
	s->forged = conf->forged;
	s->two_ways = conf->two_ways;
	for (int i = 0; i < 2; i++) {
		stream_init(&s->dirs[i].stream, &conf->dir[i]);
		s->dirs[i].max_seg = conf->max_seg[i];
		s->dirs[i].gaps = conf->gaps[i];
	}
	return s;
}

void
sealer_finish(struct sealer *s)
{
	const struct dir *d;
	const char *wrong;

	for (int i = 0; i < 2 && !s->forged; i++) {
		d = &s->dirs[i];
		wrong = stream_finish(&d->stream);
		if (wrong != NULL)
			complain(s, i, wrong, (int64_t)d->stream.opened);
		if (!d->fin)
			complain(s, i, "no FIN was sent", (int64_t)d->stream.len);
		else if (s->dirs[1 - i].acked != (int64_t)d->fin_off + 1)
			complain(s, 1 - i, "the FIN was not acknowledged", s->dirs[1 - i].acked);
	}
}

const char *
sealer_error(const struct sealer *s)
{
	return s->error[0] != '\0' ? s->error : NULL;
}

const struct stream *
sealer_stream(const struct sealer *s, int dir)
{
	return &s->dirs[dir].stream;
}

struct sealer_stats
sealer_stats_get(const struct sealer *s, int dir)
{
	struct sealer_stats stats = s->dirs[dir].stats;

	stats.records = s->dirs[dir].stream.nb_records;
	stats.updates = s->dirs[dir].stream.nb_updates;
	stats.wire_len = s->dirs[dir].stream.len;
	return stats;
}

void
sealer_destroy(struct sealer *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		struct held *h;

		while ((h = s->dirs[i].held) != NULL) {
			s->dirs[i].held = h->next;
			free(h);
		}
		stream_fini(&s->dirs[i].stream);
	}
	free(s);
}
