/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Any row of send calls, key changes, acknowledgments and hand-overs to a device that never comes
 * round to seal. What leaves is opened by an OpenSSL of its own: each record by the next number of
 * the key that stands there, data in the order and control records at the place at which they were
 * accepted, and every byte of the stream the same whenever it is cut from the queue again.
 *
 * Input: a row of steps.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf/chain.h"
#include "fuzz/fuzz.h"
#include "fuzz/records.h"
#include "session/tx_buffer.h"
#include "session/tx_keys.h"

enum {
	STEPS_MAX = 200,
	STREAM_MAX = 1 << 18,
	SEND_MAX = 40000,
	CONTROLS_MAX = 256,
	KEYS_MAX = 32,
	HELD_MAX = 4,
	MSS = 1448,
};

struct control {
	uint64_t data_off; /* data bytes accepted before it */
	uint32_t len;
	uint8_t type;
	uint8_t fill;
};

static struct world {
	struct session_tx tx;
	struct sendq q;
	uint64_t accepted; /* data bytes */
	unsigned int keys; /* set so far */
	struct records_key key[KEYS_MAX];
	uint64_t key_off[KEYS_MAX]; /* where its first record begins */
	bool padded;                /* once it was asked to */
	bool started[KEYS_MAX];     /* something was sealed by it */
	uint32_t n_controls;
	struct control controls[CONTROLS_MAX];
	/* The far end. */
	uint64_t taken; /* stream bytes that have left once */
	uint64_t opened_off;
	uint64_t data_seen;
	uint32_t controls_seen;
	/* Packets that a port holds on to. */
	struct rte_mbuf *held[HELD_MAX];
} w;

static uint8_t stream[STREAM_MAX];

/* --- the far end --------------------------------------------------------------- */

static void
check_record(const uint8_t *inner, uint32_t len)
{
	const struct control *c = &w.controls[w.controls_seen];
	uint8_t type;

	FUZZ_CHECK(len > 0 && len - 1 <= RECORD_PLAIN_MAX);
	/* The library pads nothing unless it is asked to. */
	FUZZ_CHECK(w.padded || inner[len - 1] != 0);
	while (len > 0 && inner[len - 1] == 0)
		len--;
	FUZZ_CHECK(len > 1);
	type = inner[--len];
	if (type == 23) {
		for (uint32_t i = 0; i < len; i++)
			FUZZ_CHECK(inner[i] == records_pattern(w.data_seen + i));
		w.data_seen += len;
		FUZZ_CHECK(w.controls_seen == w.n_controls || w.data_seen <= c->data_off);
		return;
	}
	FUZZ_CHECK(w.controls_seen < w.n_controls);
	FUZZ_CHECK(type == c->type && len == c->len && w.data_seen == c->data_off);
	for (uint32_t i = 0; i < len; i++)
		FUZZ_CHECK(inner[i] == c->fill);
	w.controls_seen++;
}

/* The last key whose place is at or before off; -1: none. */
static int
key_at(uint64_t off)
{
	int i = -1;

	while (i + 1 < (int)w.keys && w.key_off[i + 1] <= off)
		i++;
	return i;
}

static void
open_stream(void)
{
	static uint8_t inner[RECORDS_BODY_MAX];
	uint32_t len;
	int key, n;

	while (w.opened_off < w.taken) {
		key = key_at(w.opened_off);
		if (key < 0) {
			FUZZ_CHECK(stream[w.opened_off] == records_pattern(w.data_seen));
			w.data_seen++;
			w.opened_off++;
			continue;
		}
		/* 2^64 - 1 is never used. */
		FUZZ_CHECK(w.key[key].rec_no != UINT64_MAX);
		n = records_open(&w.key[key], stream + w.opened_off, w.taken - w.opened_off, inner,
				 &len);
		if (n == 0)
			return;
		FUZZ_CHECK(n > 0);
		FUZZ_CHECK(key_at(w.opened_off + (uint32_t)n - 1) == key);
		check_record(inner, len);
		w.opened_off += (uint32_t)n;
	}
}

/* --- the wire ------------------------------------------------------------------ */

/* Cuts one segment at off out of the queue; the caller frees it. */
static struct rte_mbuf *
segment(uint64_t off, uint32_t len)
{
	struct txmap_rec *rec = txmap_find(&w.q.map, off);
	struct rte_mbuf *m = rte_pktmbuf_alloc(records_pools.header);
	struct sendq_cutter cutter;
	struct buf_spare spare;
	int rc;

	if (m == NULL)
		return NULL;
	buf_spare_init(&spare, records_pools.indirect);
	sendq_cut_begin(&cutter, &spare);
	rc = sendq_attach(&cutter, rec, off, len, rec->epoch, m);
	sendq_cut_end(&cutter);
	buf_spare_end(&spare);
	if (rc == 0)
		return m;
	rte_pktmbuf_free(m);
	return NULL;
}

/*
 * The record is in clear for a device. What it would be given is right; then the device lets go,
 * maybe while a packet of it is under way.
 */
static bool
give_up_device(struct txmap_rec *rec, bool under_way)
{
	static const uint8_t no_tag[RECORDS_TAG];
	const uint8_t *bytes = rte_pktmbuf_mtod(sendq_mbuf(rec), const uint8_t *);
	struct rte_mbuf *m = NULL;
	int rc;

	FUZZ_CHECK(bytes[0] == 23 && bytes[1] == 3 && bytes[2] == 3);
	FUZZ_CHECK(memcmp(bytes + rec->len - RECORDS_TAG, no_tag, RECORDS_TAG) == 0);
	FUZZ_CHECK(rec->stream_off >= w.taken || rec->stream_off < w.q.map.una_off ||
		   rec->stream_off + rec->len > w.taken);
	if (under_way)
		m = segment(RTE_MAX(rec->stream_off, w.q.map.una_off), 1);
	rc = session_tx_seal_queued(&w.tx, rec);
	rte_pktmbuf_free(m);
	FUZZ_CHECK(rc == 0 || rc == -ENOMEM);
	return rc == 0;
}

/* What lib/stack does to the epoch in force. */
static void
to_device(bool on)
{
	if (session_tx_epoch(&w.tx) == NULL)
		return;
	w.tx.tls->epochs.now->core.state = on ? EPOCH_NIC : EPOCH_GONE;
	session_tx_fence(&w.tx);
}

static void
transmit(struct fuzz_in *in, uint8_t how)
{
	uint64_t off = w.taken;
	uint32_t want, len;
	struct txmap_rec *rec;
	struct rte_mbuf *m;

	if (how & 1 && w.taken > w.q.map.una_off) /* again */
		off = w.q.map.una_off + fuzz_u16(in) % (w.taken - w.q.map.una_off);
	if (off >= sendq_end(&w.q))
		return;
	want = how & 2 ? 1 + fuzz_below(in, MSS) : MSS;
	rec = txmap_find(&w.q.map, off);
	/* Buffers of a pool lie side by side, out of a sanitizer's sight. */
	FUZZ_CHECK(sendq_mbuf(rec)->data_off + rec->len <= sendq_mbuf(rec)->buf_len);
	if (rec->epoch != NULL && !give_up_device(rec, how & 4))
		return;
	want = (uint32_t)RTE_MIN(want, sendq_end(&w.q) - off);
	len = sendq_cut(txmap_find(&w.q.map, off), off, want);
	FUZZ_CHECK(len >= 1 && len <= want);
	FUZZ_CHECK(key_at(off) == key_at(off + len - 1));
	m = segment(off, len);
	if (m == NULL)
		return;
	FUZZ_CHECK(off + len <= STREAM_MAX && m->pkt_len == len);
	if (off + len > w.taken) {
		uint32_t old = (uint32_t)(w.taken - off);

		chain_copy_out(m, old, stream + w.taken, len - old);
		w.taken = off + len;
	}
	{
		static uint8_t again[MSS];

		chain_copy_out(m, 0, again, len);
		FUZZ_CHECK(memcmp(again, stream + off, len) == 0);
	}
	if (how & 8) { /* the port is slow with this one */
		struct rte_mbuf **slot = &w.held[fuzz_below(in, HELD_MAX)];

		rte_pktmbuf_free(*slot);
		*slot = m;
	} else {
		rte_pktmbuf_free(m);
	}
	open_stream();
}

static void
acknowledge(struct fuzz_in *in)
{
	uint64_t out = w.taken - w.q.map.una_off;
	uint64_t una = w.q.map.una_off + (out > 0 ? fuzz_u16(in) % (out + 1) : 0);

	sendq_release(&w.q, una);
}

/* --- the program --------------------------------------------------------------- */

static void
check_refused(ssize_t rc)
{
	FUZZ_CHECK(rc == -EAGAIN || rc == -ENOMEM || rc == -EKEYEXPIRED);
	FUZZ_CHECK(rc != -EKEYEXPIRED ||
		   (w.keys > 0 &&
		    w.tx.tls->epochs.now->tx.rec_no >= UINT64_MAX - SESSION_TX_RESERVE - 2));
}

static void
step_data(struct fuzz_in *in)
{
	static uint8_t bytes[SEND_MAX];
	uint8_t how = fuzz_u8(in);
	uint32_t len = how & 1 ? fuzz_u16(in) % SEND_MAX : fuzz_u8(in);
	uint32_t cut = how & 2 ? fuzz_below(in, len + 1) : len;
	struct iovec iov[2] = { { bytes, cut }, { bytes + cut, len - cut } };
	uint32_t room = session_tx_room(&w.tx);
	bool more = how & 4;
	ssize_t n;

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = records_pattern(w.accepted + i);
	n = session_tx_data(&w.tx, iov, 2, more);
	memset(bytes, 0xdd, len); /* copied: what becomes of it is nothing to the stream */
	if (n < 0) {
		check_refused(n);
		FUZZ_CHECK(n != -EAGAIN || room == 0);
		return;
	}
	FUZZ_CHECK(n <= (ssize_t)len && (n > 0 || len == 0));
	w.accepted += (uint64_t)n;
	FUZZ_CHECK(more || session_tx_open(&w.tx) == NULL);
}

static void
step_control(struct fuzz_in *in)
{
	static uint8_t bytes[RECORD_PLAIN_MAX + 1];
	uint8_t how = fuzz_u8(in);
	struct control c = {
		.data_off = w.accepted,
		.len = how & 1 ? fuzz_u16(in) % (RECORD_PLAIN_MAX + 2) : fuzz_u8(in) % 8,
		.type = how & 2 ? 21 : 22,
		.fill = how,
	};
	struct iovec iov = { bytes, c.len };
	int rc;

	if (w.n_controls == CONTROLS_MAX)
		return;
	memset(bytes, c.fill, sizeof(bytes));
	rc = session_tx_control(&w.tx, c.type, &iov, 1, c.len);
	if (w.keys == 0 || c.len == 0 || c.len > RECORD_PLAIN_MAX) {
		FUZZ_CHECK(rc == -EINVAL);
		return;
	}
	if (rc != 0) {
		FUZZ_CHECK(rc == -EAGAIN || rc == -ENOMEM || rc == -EKEYEXPIRED);
		return;
	}
	FUZZ_CHECK(session_tx_open(&w.tx) == NULL);
	w.controls[w.n_controls++] = c;
}

static void
step_buffer(struct fuzz_in *in)
{
	uint32_t len = fuzz_u16(in) % (w.tx.pad.cap + 1u);
	bool more = fuzz_u8(in) & 1;
	struct rte_mbuf *m = buf_record_alloc(&records_pools, len);
	uint8_t *p;
	int rc;

	if (m == NULL)
		return;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	for (uint32_t i = 0; i < len; i++)
		p[i] = records_pattern(w.accepted + i);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	rc = session_tx_buffer(&w.tx, m, more);
	if (rc == 0) {
		w.accepted += len;
		return;
	}
	check_refused(rc);
	buf_record_discard(m);
}

static void
step_keys(struct fuzz_in *in)
{
	static const uint64_t numbers[] = {
		0, 0, 100, UINT64_MAX - 20, UINT64_MAX - 2, UINT64_MAX
	};
	struct records_key k = records_key(w.keys, numbers[fuzz_below(in, 6)]);
	struct rtls_keys keys = records_keys(&k);
	int rc;

	if (w.keys == KEYS_MAX)
		return;
	to_device(false);
	rc = session_tx_set_keys(&w.tx, &keys);
	/* Each key before has records in clear: this one has to wait. */
	FUZZ_CHECK(rc == 0 || (rc == -EAGAIN && w.keys >= EPOCHS_MAX));
	if (rc != 0)
		return;
	FUZZ_CHECK(session_tx_open(&w.tx) == NULL && !epoch_in_nic(&w.tx.tls->epochs.now->core));
	w.key[w.keys] = k;
	w.key_off[w.keys++] = sendq_end(&w.q);
}

static void
step(struct fuzz_in *in)
{
	uint8_t how;

	switch (fuzz_u8(in) % 16) {
	case 0:
	case 1:
	case 2:
		step_data(in);
		break;
	case 3:
		step_control(in);
		break;
	case 4:
		step_buffer(in);
		break;
	case 5:
		step_keys(in);
		break;
	case 6:
		FUZZ_CHECK(session_tx_flush(&w.tx) == 0 && session_tx_open(&w.tx) == NULL);
		break;
	case 7:
		to_device(fuzz_u8(in) & 1);
		break;
	case 8:
		how = fuzz_u8(in);
		if (session_tx_open(&w.tx) != NULL)
			break;
		/* As options set them, or small records do; also as neither does: no multiple. */
		w.tx.pad.cap = how & 1 ? RECORD_PLAIN_MAX : (uint16_t)(64 + how);
		w.tx.pad.to = (how & 6) == 6 ? (uint16_t)(how * 9) : 0;
		w.padded |= w.tx.pad.to != 0;
		break;
	case 9:
	case 10:
		acknowledge(in);
		break;
	default:
		how = fuzz_u8(in);
		for (int i = 0; i <= how >> 5; i++)
			transmit(in, how);
		break;
	}
}

/* All that was accepted comes out. */
static void
finish(void)
{
	static const uint8_t nothing;
	struct fuzz_in in = { &nothing, 0 };

	for (int i = 0; i < HELD_MAX; i++) {
		rte_pktmbuf_free(w.held[i]);
		w.held[i] = NULL;
	}
	FUZZ_CHECK(session_tx_flush(&w.tx) == 0);
	for (uint64_t before = UINT64_MAX; w.taken < sendq_end(&w.q);) {
		FUZZ_CHECK(w.taken != before);
		before = w.taken;
		transmit(&in, 0);
	}
	FUZZ_CHECK(w.opened_off == w.taken);
	FUZZ_CHECK(w.data_seen == w.accepted && w.controls_seen == w.n_controls);
	sendq_release(&w.q, w.taken);
	FUZZ_CHECK(w.q.room_used == 0);
	session_tx_fini(&w.tx);
	sendq_fini(&w.q);
	FUZZ_CHECK(records_in_use() == 0);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	records_start("fuzz-session-tx");
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	uint8_t how = fuzz_u8(&in);

	records_choose(size);
	memset(&w, 0, sizeof(w));
	sendq_init(&w.q, 0);
	session_tx_init(&w.tx, &records_shared, &w.q, how & 1 ? 256 * 1024 : 1 + how * 128u);
	if (how & 2)
		step_keys(&in);
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
		step(&in);
		/* Room for what one more step can add. */
		if (sendq_end(&w.q) + 3 * SEND_MAX > STREAM_MAX)
			break;
	}
	finish();
	return 0;
}
