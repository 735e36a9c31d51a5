/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include <recordtls/io.h>
#include <recordtls/tls.h>

#include "buf/pools.h"
#include "buf/recvq.h"
#include "buf/sendq.h"
#include "packets.h"
#include "raw.h"
#include "session/rx.h"
#include "session/tx.h"
#include "session/tx_keys.h"

enum {
	SPARE = 64,               /* of each size of buffers */
	RECEIVE_BYTES = 64 << 10, /* a program's buffer */
};

struct open {
	struct work work;
	const struct record_suite *suite;
	struct buf_pools pools;
	struct session_shared shared;
	struct packets packets; /* the working set */
	struct recvq q;
	struct session_rx rx;
	uint32_t at;
	struct raw raw;
	struct iovec *src; /* as many per job as a record has packets */
	struct iovec *dst; /* one per job */
};

static int
make_pools(struct open *o)
{
	struct buf_pools_conf conf = {
		.name = o->work.name,
		.socket_id = (int)rte_socket_id(),
		.nb_packets = SPARE,
		.nb_small = SPARE,
		.nb_medium = SPARE,
		.nb_large = SPARE,
	};
	char name[RTE_MEMPOOL_NAMESIZE];
	struct session_shared_conf shared = {
		.name = o->work.name,
		.socket_id = conf.socket_id,
		.max_socks = 1,
		.bufs = &o->pools,
		.provider = o->work.provider,
	};
	int rc = buf_pools_create(&o->pools, &conf);

	if (rc == 0)
		rc = session_shared_create(&o->shared, &shared);
	if (rc != 0)
		return rc;
	snprintf(name, sizeof(name), "%s_rx", o->work.name);
	return packets_init(&o->packets, name, o->work.count,
			    record_wire_len(o->suite, o->work.size), o->work.mss);
}

/* Seals the working set with the sending side. */
static int
make_packets(struct open *o)
{
	struct session_tx tx;
	struct rtls_keys keys;
	struct sendq q;
	int rc;

	sendq_init(&q, 0);
	session_tx_init(&tx, &o->shared, &q, UINT32_MAX);
	raw_keys(&o->work, &keys);
	rc = session_tx_set_keys(&tx, &keys);
	for (uint32_t i = 0; rc == 0 && i < o->work.count; i++) {
		struct iovec iov = {
			.iov_base = (uint8_t *)(uintptr_t)o->work.plain + (size_t)i * o->work.size,
			.iov_len = o->work.size,
		};
		struct rte_mbuf *m;

		if (session_tx_data(&tx, &iov, 1, false) != (ssize_t)o->work.size) {
			rc = -EIO;
			break;
		}
		m = sendq_mbuf(q.map.tail);
		packets_write(&o->packets, i, rte_pktmbuf_mtod(m, const uint8_t *));
		sendq_release(&q, sendq_end(&q));
	}
	session_tx_fini(&tx);
	sendq_fini(&q);
	return rc;
}

/* Where the inner bytes of a record lie; returns how many pieces, the tag apart. */
static uint16_t
list_inner(const struct open *o, uint32_t record, struct iovec *iov, uint8_t *tag)
{
	uint32_t skip = record_prefix_len(o->suite), tagged = RECORD_TAG_LEN, n;
	uint32_t left = o->work.size + o->suite->inner_type_len;
	uint16_t cnt = 0;

	for (uint32_t i = 0; i < o->packets.pieces; i++) {
		struct rte_mbuf *m = packets_one(&o->packets, record, i);
		uint8_t *bytes = rte_pktmbuf_mtod_offset(m, uint8_t *, skip);
		uint32_t here = m->data_len - skip;

		skip = 0;
		n = RTE_MIN(here, left);
		if (n > 0)
			iov[cnt++] = (struct iovec){ .iov_base = bytes, .iov_len = n };
		left -= n;
		here = RTE_MIN(here - n, tagged);
		memcpy(tag + RECORD_TAG_LEN - tagged, bytes + n, here);
		tagged -= here;
	}
	return cnt;
}

static int
make_raw(struct open *o)
{
	int rc = raw_init(&o->raw, &o->work, CRYPTO_OPEN);
	uint32_t inner_len = o->work.size + o->suite->inner_type_len;

	if (rc != 0)
		return rc;
	o->src = calloc((size_t)o->work.count * o->packets.pieces, sizeof(*o->src));
	o->dst = calloc(o->work.count, sizeof(*o->dst));
	if (o->src == NULL || o->dst == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < o->work.count; i++) {
		struct crypto_job *j = &o->raw.jobs[i];

		j->src = &o->src[(size_t)i * o->packets.pieces];
		j->src_cnt = list_inner(o, i, &o->src[(size_t)i * o->packets.pieces], j->tag);
		o->dst[i] = (struct iovec){
			.iov_base = o->work.opened + (size_t)i * o->work.size,
			.iov_len = inner_len,
		};
		j->dst = &o->dst[i];
		j->dst_cnt = 1;
	}
	return 0;
}

static int
fill_queue(struct open *o, uint32_t n)
{
	uint32_t i = o->at;
	int rc = packets_take_back(&o->packets);

	for (; rc == 0 && n > 0; n--) {
		rc = recvq_insert(&o->q, o->q.ready.end_off, packets_chain(&o->packets, i));
		i = i + 1 == o->work.count ? 0 : i + 1;
	}
	session_rx_input(&o->rx);
	return rc;
}

/* One call, of at most n records. Returns how many; 0: it failed. */
static uint32_t
step_records(struct open *o, uint32_t n)
{
	uint32_t fit = RTE_MAX(RECEIVE_BYTES / o->work.size, 1u);
	struct iovec iov = { .iov_base = o->work.opened + (size_t)o->at * o->work.size };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };

	n = RTE_MIN(RTE_MIN(n, fit), o->work.count - o->at);
	iov.iov_len = (size_t)n * o->work.size;
	/* The circle may have come round: the same records again. */
	o->rx.tls->epochs.now->rx.base = o->at - framer_head_index(&o->rx.tls->framer);
	o->at = o->at + n == o->work.count ? 0 : o->at + n;
	return session_rx_recv(&o->rx, &msg, 0, false, true) == (ssize_t)iov.iov_len ? n : 0;
}

uint64_t
open_records(struct open *o, uint32_t n)
{
	uint64_t start;
	uint32_t done;

	if (fill_queue(o, n) != 0)
		return 0;
	start = rte_rdtsc_precise();
	for (; n > 0; n -= done) {
		done = step_records(o, n);
		if (done == 0)
			return 0;
	}
	return rte_rdtsc_precise() - start;
}

uint64_t
open_raw(struct open *o, uint32_t n)
{
	uint64_t start = rte_rdtsc_precise();

	for (; n > 0; n--)
		if (!raw_step(&o->raw))
			return 0;
	return rte_rdtsc_precise() - start;
}

/* One copy into the caller's memory, and the next job in place there. */
static bool
step_copy_raw(struct open *o)
{
	struct crypto_job *j = &o->raw.jobs[o->raw.at];
	const struct iovec *src = j->src;
	uint16_t src_cnt = j->src_cnt;
	uint8_t *to = j->dst->iov_base;
	bool ok;

	for (uint16_t i = 0; i < src_cnt; i++) {
		memcpy(to, src[i].iov_base, src[i].iov_len);
		to += src[i].iov_len;
	}
	j->src = j->dst;
	j->src_cnt = 1;
	ok = raw_step(&o->raw);
	j->src = src;
	j->src_cnt = src_cnt;
	return ok;
}

uint64_t
open_copy_raw(struct open *o, uint32_t n)
{
	uint64_t start = rte_rdtsc_precise();

	for (; n > 0; n--)
		if (!step_copy_raw(o))
			return 0;
	return rte_rdtsc_precise() - start;
}

/* All of it, by the record layer and raw. */
static int
verify(struct open *o)
{
	size_t len = (size_t)o->work.count * o->work.size;

	memset(o->work.opened, 0, len);
	if (open_records(o, o->work.count) == 0 || memcmp(o->work.opened, o->work.plain, len) != 0)
		return -EBADMSG;
	memset(o->work.opened, 0, len);
	if (open_raw(o, o->work.count) == 0 || memcmp(o->work.opened, o->work.plain, len) != 0)
		return -EBADMSG;
	return 0;
}

static int
make_session(struct open *o)
{
	static const struct recvq_shared in_order; /* nothing ever waits */
	struct rtls_keys keys;

	recvq_init(&o->q, 0, &in_order);
	session_rx_init(&o->rx, &o->q);
	raw_keys(&o->work, &keys);
	return session_rx_set_keys(&o->rx, &o->shared, &keys);
}

int
open_create(const struct work *w, struct open **out)
{
	struct open *o = calloc(1, sizeof(*o));
	int rc;

	if (o == NULL)
		return -ENOMEM;
	o->work = *w;
	o->suite = record_suite_find(w->tls, w->suite->cipher);
	rc = o->suite == NULL ? -ENOTSUP : make_pools(o);
	if (rc == 0)
		rc = make_packets(o);
	if (rc == 0)
		rc = make_raw(o);
	if (rc == 0)
		rc = make_session(o);
	if (rc == 0)
		rc = verify(o);
	if (rc != 0) {
		open_destroy(o);
		return rc;
	}
	*out = o;
	return 0;
}

void
open_destroy(struct open *o)
{
	if (o == NULL)
		return;
	session_rx_fini(&o->rx);
	raw_fini(&o->raw);
	free(o->src);
	free(o->dst);
	packets_fini(&o->packets);
	session_shared_destroy(&o->shared);
	buf_pools_destroy(&o->pools);
	free(o);
}
