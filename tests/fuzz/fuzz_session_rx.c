/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records and control messages as a peer with the keys may make them, or a man in the middle
 * spoil them, in any cut; the program's calls in between. A receiver of its own, which knows
 * what was sealed and where the stream's bytes are, says of each call what must come of it: the
 * bytes, their type, the errno of the table in recordtls/io.h.
 *
 * Input: a row of steps of the peer, the network and the program.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/records.h"
#include "session/rx.h"

enum {
	STEPS_MAX = 250,
	WIRE_MAX = 1 << 18,
	PLAIN_MAX = 16384,
	RECORD_MAX = PLAIN_MAX + 400, /* of plaintext, type and padding; more than may be */
	ITEMS_MAX = 128,
	RECV_MAX = 40000,
	TOLD_MAX = 4,
	/* What recordtls/io.h allows. */
	EMPTY_MAX = 32,
	ALERTS_MAX = 4,
	UPDATES_MAX = 8,
};

/* A record that the peer sealed. */
struct item {
	uint32_t off; /* in the stream */
	uint32_t wire_len;
	uint32_t len;        /* of its plaintext */
	const uint8_t *text; /* NULL: of the pattern */
	uint64_t data_off;   /* there */
	uint64_t rec_no;
	unsigned int key;
	uint8_t type; /* 0: none */
	bool spoilt;  /* on its way */
};

enum model_state { PLAIN, RECORDS, PAUSED, FAILED };
enum effect { NOTHING, PAUSE, CLOSE };

/* A record that was looked at and is not delivered in full. */
struct waiting {
	const struct item *it;
	uint32_t part;      /* of it, delivered */
	enum effect effect; /* when it is */
};

static struct world {
	struct session_rx rx;
	struct recvq q;
	/* The peer and the network. */
	struct records_key peer;
	unsigned int peer_key;
	uint64_t sent; /* data bytes, of the pattern */
	uint32_t len;  /* of the stream so far */
	uint32_t fed;
	bool fin;
	uint32_t n_items;
	struct item items[ITEMS_MAX];
	uint32_t text_len;
	/* The model: what is read. */
	enum model_state state;
	int error;
	bool closed;
	uint32_t off; /* behind the last record that was looked at */
	unsigned int key;
	uint64_t rec_no;
	uint64_t looked;                /* records */
	struct waiting open[ITEMS_MAX]; /* data, then at most one control record */
	uint32_t n_open;
	enum effect effect; /* of the record that was judged last */
	uint32_t hs_hdr;    /* header bytes of the handshake message that is begun */
	uint32_t hs_need;   /* body bytes that it lacks */
	uint8_t hs_type;
	struct {
		uint32_t empty, alerts; /* since there was data */
		uint32_t updates;       /* the clock stands still */
	} dull;
} w;

static uint8_t wire[WIRE_MAX];
static uint8_t text[WIRE_MAX];

/* --- the peer ------------------------------------------------------------------ */

static void
put_record(uint8_t type, const uint8_t *content, uint32_t len, uint32_t pad)
{
	static uint8_t inner[RECORD_MAX];
	struct item *it = &w.items[w.n_items];

	if (w.fin || w.n_items == ITEMS_MAX || w.len + RECORDS_HDR + RECORD_MAX + 16 > WIRE_MAX ||
	    w.text_len + len > WIRE_MAX || len + 1 + pad > RECORD_MAX)
		return;
	*it = (struct item){
		.off = w.len,
		.len = len,
		.data_off = w.sent,
		.rec_no = w.peer.rec_no,
		.key = w.peer_key,
		.type = type,
	};
	if (content != NULL) {
		it->text = text + w.text_len;
		memcpy(text + w.text_len, content, len);
		memcpy(inner, content, len);
		w.text_len += len;
	} else {
		for (uint32_t i = 0; i < len; i++)
			inner[i] = records_pattern(w.sent + i);
		w.sent += len;
	}
	inner[len] = type;
	memset(inner + len + 1, 0, pad);
	/* RFC 8446 5.4: the type is the last byte that is not 0, whichever was meant. */
	while (it->type == 0 && it->len > 0)
		it->type = inner[--it->len];
	it->wire_len = records_seal(&w.peer, inner, len + 1 + pad, wire + w.len);
	w.len += it->wire_len;
	w.n_items++;
}

static void
next_peer_key(void)
{
	w.peer = records_key(++w.peer_key, 0);
}

static void
put_handshake(struct fuzz_in *in, uint8_t how)
{
	static const uint8_t key_update[] = { 24, 0, 0, 1, 0, 24, 0, 0, 1 };
	uint8_t message[64] = { 4, 0, 0 };
	uint32_t at;
	size_t n;
	const uint8_t *p;

	switch (how & 3) {
	case 0: /* whole, and the peer goes on with its next key */
		put_record(22, key_update, 5, how >> 4);
		next_peer_key();
		break;
	case 1: /* a piece of one, or more than one */
		at = (how >> 4) % 5;
		put_record(22, key_update + at, 1 + fuzz_below(in, sizeof(key_update) - at), 0);
		if (how & 4)
			next_peer_key();
		break;
	case 2: /* another message, complete or not */
		message[3] = fuzz_u8(in) % 60;
		put_record(22, message, 1 + fuzz_below(in, sizeof(message)), how >> 4);
		break;
	case 3: /* anything */
		p = fuzz_bytes(in, fuzz_u8(in) % 32, &n);
		put_record(22, n > 0 ? p : message, (uint32_t)n, 0);
		break;
	}
}

static void
step_peer(struct fuzz_in *in)
{
	static const uint16_t lens[] = { 0, 1, 2, 50, 300, 1500, 8000, 16383, 16384 };
	static const uint16_t pads[] = { 0, 0, 0, 1, 100, 239, 240, 255 };
	static const uint8_t zeros[300];
	uint8_t how = fuzz_u8(in), alert[2] = { 1, 0 };
	size_t n;
	const uint8_t *p;

	switch (how % 8) {
	case 0:
	case 1:
	case 2:
		put_record(23, NULL, lens[fuzz_below(in, 9)], pads[how >> 5]);
		break;
	case 3:
	case 4:
		put_handshake(in, how >> 3);
		break;
	case 5: /* close_notify, another alert, none that is one */
		alert[1] = how & 8 ? fuzz_u8(in) : 0;
		put_record(21, alert, how & 16 ? fuzz_below(in, 3) : 2, pads[how >> 5]);
		break;
	case 6: /* any type; 0 is none */
		p = fuzz_bytes(in, how >> 3, &n);
		put_record(fuzz_u8(in), n > 0 ? p : zeros, (uint32_t)n, how & 8 ? 0 : 20);
		break;
	case 7: /* not sealed at all, or by another key */
		if (how & 8) {
			next_peer_key();
			break;
		}
		p = fuzz_bytes(in, how >> 4, &n);
		if (!w.fin && w.len + n <= WIRE_MAX) {
			memcpy(wire + w.len, p, n);
			w.len += (uint32_t)n;
		}
		break;
	}
}

/* --- the network --------------------------------------------------------------- */

static void
step_spoil(struct fuzz_in *in)
{
	struct item *it;
	uint32_t at;

	if (w.n_items == 0)
		return;
	it = &w.items[w.n_items - 1 - fuzz_below(in, w.n_items < 3 ? w.n_items : 3)];
	at = fuzz_u16(in);
	at = it->off + (at & 1 ? at / 2 % RECORDS_HDR : at / 2 % it->wire_len);
	/* Once only: a bit that is flipped twice is as it was. */
	if (at < w.fed || it->spoilt)
		return;
	wire[at] ^= (uint8_t)(1 << fuzz_below(in, 8));
	it->spoilt = true;
}

/* A packet of the bytes at off, in segments; NULL: the port has no more buffers. */
static struct rte_mbuf *
packet(uint32_t off, uint32_t len, uint32_t seg_len)
{
	struct rte_mbuf *first = NULL, **link = &first, *m;
	uint32_t done, n;
	uint16_t segs = 0;

	if (rte_mempool_avail_count(records_rx_pool) < len / seg_len + 1)
		return NULL;
	for (done = 0; done < len; done += n) {
		m = rte_pktmbuf_alloc(records_rx_pool);
		FUZZ_CHECK(m != NULL);
		n = RTE_MIN(len - done, seg_len);
		memcpy(rte_pktmbuf_mtod(m, void *), wire + off + done, n);
		m->data_len = (uint16_t)n;
		*link = m;
		link = &m->next;
		segs++;
	}
	first->nb_segs = segs;
	first->pkt_len = len;
	return first;
}

static bool
arrive(uint32_t off, uint32_t len, uint32_t seg_len)
{
	struct rte_mbuf *m = packet(off, len, seg_len);

	if (m == NULL)
		return false;
	FUZZ_CHECK(recvq_insert(&w.q, off, m) == 0);
	session_rx_input(&w.rx);
	return true;
}

static void
step_feed(struct fuzz_in *in)
{
	static const uint16_t segs[] = { 1, 3, 100, 536, 1448, 1900 };
	uint8_t how = fuzz_u8(in);
	uint32_t seg_len = segs[how % 6];
	uint32_t left = w.len - w.fed, n, first;

	n = how & 128 ? left : RTE_MIN(left, fuzz_u16(in) % 3000u);
	if (seg_len < 100)
		n = RTE_MIN(n, 40u);
	n = RTE_MIN(n, 40000u);
	if (n == 0)
		return;
	first = how & 64 ? n / 2 : n;
	if (first < n && !arrive(w.fed + first, n - first, seg_len))
		return;
	if (first > 0 && !arrive(w.fed, first, seg_len)) {
		recvq_drop_held(&w.q);
		return;
	}
	w.fed += n;
}

/* --- the model ----------------------------------------------------------------- */

static int
failed(int error)
{
	w.state = FAILED;
	w.error = error;
	return error;
}

/* Handshake messages are framed by their own headers. False: the record may not be. */
static bool
model_handshake(const struct item *it)
{
	for (uint32_t i = 0; i < it->len; i++) {
		uint8_t b = it->text[i];

		if (w.hs_hdr < 4) {
			if (w.hs_hdr == 0)
				w.hs_type = b;
			else
				w.hs_need = w.hs_need * 256 + b;
			if (++w.hs_hdr < 4 || w.hs_need > 0)
				continue;
		} else if (--w.hs_need > 0) {
			continue;
		}
		w.hs_hdr = 0;
		w.hs_need = 0;
		if (w.hs_type != 24)
			continue;
		if (i + 1 < it->len)
			return false;
		w.effect = PAUSE;
	}
	return true;
}

static bool
model_judge(const struct item *it)
{
	w.effect = NOTHING;
	if (it->len == 0 && it->type >= 20 && it->type <= 22)
		return false;
	if (it->type == 21) {
		if (it->len == 2 && it->text[1] == 0)
			w.effect = CLOSE;
		return w.effect == CLOSE || ++w.dull.alerts <= ALERTS_MAX;
	}
	if (it->type == 23 && it->len == 0 && ++w.dull.empty > EMPTY_MAX)
		return false;
	if (it->type == 23 && it->len > 0)
		w.dull.empty = w.dull.alerts = 0;
	if (it->type == 20 || (it->type != 22 && w.hs_hdr > 0))
		return false;
	if (it->type == 22 && !model_handshake(it))
		return false;
	return w.effect != PAUSE || ++w.dull.updates <= UPDATES_MAX;
}

static const struct item *
item_at(uint32_t off)
{
	for (uint32_t i = 0; i < w.n_items; i++)
		if (w.items[i].off == off)
			return &w.items[i];
	return NULL;
}

/* Is enough there to say something about the record at the head? */
static bool
model_decided(void)
{
	uint32_t left = w.fed - w.off, body;
	const uint8_t *h = wire + w.off;

	if (left < RECORDS_HDR)
		return false;
	body = (uint32_t)h[3] << 8 | h[4];
	return h[0] != 23 || h[1] != 3 || h[2] != 3 || body < 17 || body > RECORDS_BODY_MAX ||
	       left >= RECORDS_HDR + body;
}

/* Looks at the record at the head: 1, 0 at the end of file, or why not. An empty one is kept, or not. */
static int
model_look(bool keep_empty)
{
	uint32_t left = w.fed - w.off, body;
	const uint8_t *h = wire + w.off;
	const struct item *it;

	if (w.state == PAUSED)
		return -EKEYEXPIRED;
	if (w.state == FAILED)
		return w.error;
	if (w.closed)
		return 0;
	if (!model_decided()) {
		if (!w.fin)
			return -EAGAIN;
		return left == 0 ? 0 : failed(-EMSGSIZE);
	}
	body = (uint32_t)h[3] << 8 | h[4];
	if (h[0] != 23 || h[1] != 3 || h[2] != 3)
		return failed(-EINVAL);
	/* Plaintext and padding are 2^14 bytes at most (RFC 8446 5.4). */
	if (body < 17 || body > PLAIN_MAX + 1 + RECORDS_TAG)
		return failed(-EMSGSIZE);
	it = item_at(w.off);
	if (w.rec_no == UINT64_MAX || it == NULL || it->spoilt || it->key != w.key ||
	    it->rec_no != w.rec_no || it->type == 0)
		return failed(-EBADMSG);
	if (!model_judge(it))
		return failed(-EINVAL);
	w.off += it->wire_len;
	w.rec_no++;
	w.looked++;
	if (it->type == 23 && it->len == 0 && !keep_empty)
		return 1;
	w.open[w.n_open++] = (struct waiting){ .it = it, .effect = w.effect };
	return 1;
}

static bool
model_readable(void)
{
	switch (w.state) {
	case PLAIN:
		return w.fed > w.off || w.fin;
	case RECORDS:
		return w.n_open > 0 || w.closed || w.fin || model_decided();
	case PAUSED:
		return w.n_open > 0;
	case FAILED:
		return true;
	}
	return false;
}

/* What one call must return, beside its bytes. */
struct want {
	ssize_t n;
	uint8_t type;
	uint32_t wire_len;
	bool eor;
	/* Of each record. */
	uint32_t max;
	uint32_t n_told;
	struct rtls_record told[TOLD_MAX];
};

static void
model_bytes(const struct waiting *o, const uint8_t *got, uint32_t n)
{
	if (o->it->text != NULL) {
		FUZZ_CHECK(memcmp(got, o->it->text + o->part, n) == 0);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		FUZZ_CHECK(got[i] == records_pattern(o->it->data_off + o->part + i));
}

/* Delivers from one that waits; returns how much. */
static uint32_t
model_deliver(uint32_t at, const uint8_t *got, uint32_t room, bool peek, struct want *want)
{
	struct waiting *o = &w.open[at];
	uint32_t n = RTE_MIN(o->it->len - o->part, room);

	model_bytes(o, got, n);
	want->type = o->it->type;
	want->wire_len = o->it->wire_len;
	want->eor = n == o->it->len - o->part;
	if (want->n_told < want->max)
		want->told[want->n_told++] = (struct rtls_record){
			.type = o->it->type,
			.flags = want->eor ? RTLS_MSG_EOR : 0,
			.version = 0x0303,
			.wire_len = o->it->wire_len,
			.len = n,
		};
	if (peek)
		return n;
	o->part += n;
	if (!want->eor)
		return n;
	if (o->it->type != 23 && o->effect == PAUSE)
		w.state = PAUSED;
	if (o->it->type != 23 && o->effect == CLOSE)
		w.closed = true;
	w.n_open--;
	memmove(o, o + 1, (w.n_open - at) * sizeof(*o));
	return n;
}

/* got: what the call wrote, n bytes that it says it did. */
static struct want
model_recv(const uint8_t *got, ssize_t n, uint32_t room, bool peek, bool data_only, uint32_t max)
{
	struct want want = { .max = max };
	uint32_t done = 0, at = 0, had;
	int rc = 0;

	while (done < room && (max == 0 || want.n_told < max)) {
		/* No more than was written can be compared. */
		uint32_t may = n > (ssize_t)done ? RTE_MIN(room - done, (uint32_t)n - done) : 0;

		if (at == w.n_open) {
			rc = model_look(max > 0);
			if (rc <= 0)
				break;
			continue;
		}
		had = w.open[at].it->len - w.open[at].part;
		if (w.open[at].it->type != 23) {
			rc = done == 0 && want.n_told == 0 && data_only ? -EIO : 0;
			if (done == 0 && want.n_told == 0 && !data_only) {
				FUZZ_CHECK(n == (ssize_t)RTE_MIN(room, had));
				done = model_deliver(at, got, room, peek, &want);
			}
			break;
		}
		if (had == 0 && max == 0) {
			struct want nobody = { 0 };

			model_deliver(at, got + done, 0, false, &nobody);
			continue;
		}
		FUZZ_CHECK(may == RTE_MIN(room - done, had) || may > had);
		done += model_deliver(at, got + done, room - done, peek, &want);
		at += peek;
	}
	want.n = done > 0 || want.n_told > 0 ? (ssize_t)done : rc;
	return want;
}

/* With RTLS_MSG_CONTROL. How many records were opened the library says; no fewer than it may. */
static struct want
model_control(const uint8_t *got, ssize_t n, uint32_t room, bool peek, uint32_t max)
{
	const struct rte_mempool *large = records_pools.record[2];
	__typeof__(w.dull) dull;
	struct want want = { .max = max };
	int rc;

	while (w.n_open == 0 || w.open[w.n_open - 1].it->type == 23) {
		const struct {
			enum model_state state;
			int error;
			uint32_t hs_hdr, hs_need;
			uint8_t hs_type;
		} before = { w.state, w.error, w.hs_hdr, w.hs_need, w.hs_type };

		dull = w.dull;
		want.n = -EAGAIN;
		if (w.state == RECORDS && w.looked == w.rx.tls->count.records && !w.closed &&
		    (w.rx.tls->list.room >= SESSION_RX_AHEAD ||
		     rte_mempool_avail_count(large) <= large->size / 2))
			return want;
		rc = model_look(true);
		/* A bad record is for a receive to tell. */
		if (rc < 0 && before.state != FAILED && w.state == FAILED) {
			w.state = before.state;
			w.error = before.error;
			w.hs_hdr = before.hs_hdr;
			w.hs_need = before.hs_need;
			w.hs_type = before.hs_type;
			w.dull = dull;
			return want;
		}
		if (rc <= 0) {
			want.n = w.n_open > 0 ? -EAGAIN : rc;
			return want;
		}
	}
	want.n = -EAGAIN;
	for (uint32_t i = 0; i + 1 < w.n_open; i++)
		if (w.open[i].it->len > 0 && w.open[w.n_open - 1].it->type != 22)
			return want;
	FUZZ_CHECK(n >= 0 && n <= (ssize_t)room);
	want.n = model_deliver(w.n_open - 1, got, room, peek, &want);
	return want;
}

static struct want
model_plain(const uint8_t *got, uint32_t room, bool peek)
{
	uint32_t n = RTE_MIN(room, w.fed - w.off);
	struct want want = { .n = n > 0 ? (ssize_t)n : w.fin ? 0 : -EAGAIN };

	FUZZ_CHECK(memcmp(got, wire + w.off, n) == 0);
	if (!peek)
		w.off += n;
	return want;
}

/* --- the program --------------------------------------------------------------- */

static void
step_recv(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	uint32_t room = how & 1 ? RECV_MAX : 1 + fuzz_u16(in) % (how & 2 ? 300 : RECV_MAX);
	uint32_t cut = how & 4 ? fuzz_below(in, room + 1) : room;
	bool peek = (how & 24) == 24, data_only = how & 32, control = !data_only && how >= 192;
	/* Two buffers of exactly these sizes. */
	uint8_t *a = malloc(cut + 1), *b = malloc(room - cut + 1), *all = malloc(room);
	struct iovec iov[2] = { { a, cut }, { b, room - cut } };
	struct rtls_record told[TOLD_MAX];
	struct rtls_msg msg = { .iov = iov, .iovlen = 2, .records = told };
	struct want want;
	ssize_t n;

	FUZZ_CHECK(a != NULL && b != NULL && all != NULL);
	if ((how & 4) != 0 && !data_only)
		msg.records_max = cut % (TOLD_MAX + 1);
	memset(all, 0xe7, room);
	a[cut] = b[room - cut] = 0xe7;
	n = session_rx_recv(&w.rx, &msg,
			    (peek ? RTLS_MSG_PEEK : 0) | (control ? RTLS_MSG_CONTROL : 0), w.fin,
			    data_only);
	FUZZ_CHECK(a[cut] == 0xe7 && b[room - cut] == 0xe7);
	FUZZ_CHECK(n <= (ssize_t)room);
	if (n > 0) {
		memcpy(all, a, RTE_MIN((uint32_t)n, cut));
		if ((uint32_t)n > cut)
			memcpy(all + cut, b, (uint32_t)n - cut);
	}
	if (control)
		want = w.state == PLAIN ? (struct want){ .n = -EAGAIN } :
					  model_control(all, n, room, peek, msg.records_max);
	else
		want = w.state == PLAIN ?
			       model_plain(all, room, peek) :
			       model_recv(all, n, room, peek, data_only, msg.records_max);
	free(a);
	free(b);
	free(all);
	FUZZ_CHECK(n == want.n);
	FUZZ_CHECK(msg.type == want.type);
	FUZZ_CHECK(msg.version == (want.type != 0 ? 0x0303 : 0));
	FUZZ_CHECK(msg.wire_len == want.wire_len);
	FUZZ_CHECK(((msg.flags & RTLS_MSG_EOR) != 0) == want.eor);
	FUZZ_CHECK(msg.nb_records == want.n_told);
	for (uint32_t i = 0; i < want.n_told; i++)
		FUZZ_CHECK(told[i].type == want.told[i].type &&
			   told[i].flags == want.told[i].flags && told[i].version == 0x0303 &&
			   told[i].wire_len == want.told[i].wire_len &&
			   told[i].len == want.told[i].len);
}

static bool
is_carried(uint16_t cipher)
{
	return cipher >= RTLS_CIPHER_AES_GCM_128 && cipher <= RTLS_CIPHER_CHACHA20_POLY1305;
}

static void
step_keys(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	unsigned int key = how & 1 ? w.peer_key : w.key + 1;
	struct records_key k = records_key(key, how & 1 ? w.peer.rec_no : 0);
	struct rtls_keys keys;
	int rc, want = 0;

	if ((how & 6) == 6)
		k.rec_no = how & 8 ? UINT64_MAX - 1 : fuzz_u8(in);
	keys = records_keys(&k);
	if (how == 0xff)
		keys.cipher = fuzz_u8(in);
	/* The first key may be of any suite, but no peer of another one is played here. */
	if (w.state == PLAIN && is_carried(keys.cipher))
		keys.cipher = records_cipher();
	rc = session_rx_set_keys(&w.rx, &records_shared, &keys);
	if (!is_carried(keys.cipher))
		/* The kernel's others for TLS 1.3; garbage. */
		want = keys.cipher == 55 || keys.cipher == 56 ? -ENOTSUP : -EINVAL;
	else if (keys.cipher != records_cipher())
		want = -EINVAL;
	else if (w.state == FAILED)
		want = -EINVAL;
	else if (w.n_open > 0 && w.state != PAUSED)
		want = -EBUSY;
	FUZZ_CHECK(rc == want);
	if (rc != 0)
		return;
	w.state = RECORDS;
	w.key = key;
	w.rec_no = k.rec_no;
	w.hs_hdr = 0;
	w.hs_need = 0;
}

static void
check_queries(void)
{
	uint64_t off, rec_no;

	FUZZ_CHECK(session_rx_readable(&w.rx, w.fin) == model_readable());
	FUZZ_CHECK(session_rx_head_need(&w.rx) <= RECORDS_HDR + RECORDS_BODY_MAX);
	if (session_rx_boundary(&w.rx, &off, &rec_no))
		FUZZ_CHECK(w.state == RECORDS && off >= w.fed && rec_no - w.rec_no < WIRE_MAX);
	FUZZ_CHECK((w.rx.state == SESSION_RX_FAILED) == (w.state == FAILED));
}

static struct recvq_shared recvq_shared;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	records_start("fuzz-session-rx");
	recvq_shared.held = recvq_held_pool("fuzz_held", 1, SOCKET_ID_ANY);
	FUZZ_CHECK(recvq_shared.held != NULL);
	return 0;
}

static void
begin(struct fuzz_in *in)
{
	static const uint64_t numbers[] = { 0, 7, UINT64_MAX - 3 };
	uint8_t how = fuzz_u8(in);
	struct rtls_keys keys;

	memset(&w, 0, sizeof(w));
	recvq_init(&w.q, 0, &recvq_shared);
	session_rx_init(&w.rx, &w.q);
	w.peer = records_key(0, numbers[how % 3]);
	keys = records_keys(&w.peer);
	if (how & 128) /* keys come later */
		return;
	FUZZ_CHECK(session_rx_set_keys(&w.rx, &records_shared, &keys) == 0);
	w.state = RECORDS;
	w.rec_no = w.peer.rec_no;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };

	records_choose(size);
	begin(&in);
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
		switch (fuzz_u8(&in) % 16) {
		case 0:
		case 1:
		case 2:
		case 3:
		case 4:
			step_peer(&in);
			break;
		case 5:
			step_spoil(&in);
			break;
		case 6:
		case 7:
		case 8:
		case 9:
			step_feed(&in);
			break;
		case 10:
		case 11:
		case 12:
		case 13:
			step_recv(&in);
			break;
		case 14:
			step_keys(&in);
			break;
		case 15:
			w.fin = w.fin || w.fed == w.len;
			break;
		}
		check_queries();
	}
	session_rx_fini(&w.rx);
	recvq_fini(&w.q);
	FUZZ_CHECK(records_in_use() == 0);
	return 0;
}
