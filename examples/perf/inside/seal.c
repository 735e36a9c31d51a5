/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include <recordtls/tls.h>

#include "buf/pools.h"
#include "buf/sendq.h"
#include "raw.h"
#include "session/tx_buffer.h"
#include "session/tx_keys.h"

enum {
	SPARE = 64, /* of the other sizes of buffers */
};

struct seal {
	struct work work;
	struct buf_pools pools;
	struct session_shared shared;
	struct sendq q;
	struct session_tx tx;
	uint32_t wire_len;
	uint64_t una_off; /* where the oldest record ends */
	uint32_t at;      /* place in the caller's memory */
	struct raw raw;
	struct iovec *iov; /* one per job, source and destination */
	struct rte_mbuf **raw_bufs;
};

static int
make_pools(struct seal *s)
{
	/* Twice the working set: the send queue, and the buffers of the raw jobs. */
	uint32_t need = 2 * s->work.count + SPARE, own = BUF_PLAIN_OFF + 1 + RECORD_TAG_LEN;
	struct buf_pools_conf conf = {
		.name = s->work.name,
		.socket_id = (int)rte_socket_id(),
		.nb_packets = SPARE,
		.nb_small = SPARE,
		.nb_medium = SPARE,
		.nb_large = SPARE,
	};

	struct session_shared_conf shared = {
		.name = s->work.name,
		.socket_id = conf.socket_id,
		.max_socks = 1,
		.bufs = &s->pools,
		.provider = s->work.provider,
	};
	int rc;

	if (s->work.size + own <= BUF_SMALL_ROOM)
		conf.nb_small = need;
	else if (s->work.size + own <= BUF_MEDIUM_ROOM)
		conf.nb_medium = need;
	else
		conf.nb_large = need;
	rc = buf_pools_create(&s->pools, &conf);
	return rc != 0 ? rc : session_shared_create(&s->shared, &shared);
}

static int
make_raw(struct seal *s)
{
	const struct record_suite *suite;
	int rc = raw_init(&s->raw, &s->work, CRYPTO_SEAL);

	if (rc != 0)
		return rc;
	suite = record_suite_find(s->work.tls, s->work.suite->cipher);
	s->iov = calloc(s->work.count, sizeof(*s->iov));
	s->raw_bufs = calloc(s->work.count, sizeof(*s->raw_bufs));
	if (s->iov == NULL || s->raw_bufs == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->work.count; i++) {
		struct rte_mbuf *m = buf_record_alloc(&s->pools, s->work.size);
		struct crypto_job *j = &s->raw.jobs[i];

		if (m == NULL)
			return -ENOMEM;
		s->raw_bufs[i] = m;
		s->iov[i] = (struct iovec){
			.iov_base = rte_pktmbuf_mtod(m, void *),
			.iov_len = s->work.size + suite->inner_type_len,
		};
		memset(s->iov[i].iov_base, 0, s->iov[i].iov_len);
		j->src = j->dst = &s->iov[i];
		j->src_cnt = j->dst_cnt = 1;
	}
	return 0;
}

/* The oldest record was acknowledged. */
static void
release_one(struct seal *s)
{
	sendq_release(&s->q, s->una_off);
	s->una_off += s->wire_len;
}

static bool
step_copied(struct seal *s)
{
	struct iovec iov = {
		.iov_base = (uint8_t *)(uintptr_t)s->work.plain + (size_t)s->at * s->work.size,
		.iov_len = s->work.size,
	};

	s->at = s->at + 1 == s->work.count ? 0 : s->at + 1;
	return session_tx_data(&s->tx, &iov, 1, false) == (ssize_t)s->work.size;
}

static bool
step_in_place(struct seal *s)
{
	struct rte_mbuf *m = buf_record_alloc(&s->pools, s->work.size);

	if (m == NULL)
		return false;
	m->data_len = (uint16_t)s->work.size;
	m->pkt_len = s->work.size;
	if (session_tx_buffer(&s->tx, m, false) == 0)
		return !s->tx.failed;
	rte_pktmbuf_free(m);
	return false;
}

static int
make_session(struct seal *s)
{
	struct rtls_keys keys;
	int rc;

	sendq_init(&s->q, 0);
	session_tx_init(&s->tx, &s->shared, &s->q, UINT32_MAX);
	raw_keys(&s->work, &keys);
	rc = session_tx_set_keys(&s->tx, &keys);
	if (rc != 0)
		return rc;
	s->wire_len = record_wire_len(s->tx.tls->epochs.now->suite, s->work.size);
	s->una_off = s->wire_len;
	for (uint32_t i = 0; i < s->work.count; i++)
		if (!step_copied(s))
			return -ENOMEM;
	return 0;
}

int
seal_create(const struct work *w, struct seal **out)
{
	struct seal *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->work = *w;
	rc = make_pools(s);
	if (rc == 0)
		rc = make_raw(s);
	if (rc == 0)
		rc = make_session(s);
	if (rc != 0) {
		seal_destroy(s);
		return rc;
	}
	*out = s;
	return 0;
}

uint64_t
seal_in_place(struct seal *s, uint32_t n)
{
	uint64_t start;

	/* A connection would change its key before the limit; no peer reads these. */
	s->tx.tls->epochs.now->tx.records = 0;
	start = rte_rdtsc_precise();
	for (; n > 0; n--) {
		release_one(s);
		if (!step_in_place(s))
			return 0;
	}
	return rte_rdtsc_precise() - start;
}

uint64_t
seal_copied(struct seal *s, uint32_t n)
{
	uint64_t start;

	s->tx.tls->epochs.now->tx.records = 0;
	start = rte_rdtsc_precise();
	for (; n > 0; n--) {
		release_one(s);
		if (!step_copied(s))
			return 0;
	}
	return rte_rdtsc_precise() - start;
}

uint64_t
seal_raw(struct seal *s, uint32_t n)
{
	uint64_t start = rte_rdtsc_precise();

	for (; n > 0; n--)
		if (!raw_step(&s->raw))
			return 0;
	return rte_rdtsc_precise() - start;
}

uint64_t
seal_copy_raw(struct seal *s, uint32_t n)
{
	uint64_t start = rte_rdtsc_precise();

	for (; n > 0; n--) {
		memcpy(s->iov[s->raw.at].iov_base, s->work.plain + (size_t)s->at * s->work.size,
		       s->work.size);
		s->at = s->at + 1 == s->work.count ? 0 : s->at + 1;
		if (!raw_step(&s->raw))
			return 0;
	}
	return rte_rdtsc_precise() - start;
}

const char *
seal_provider(const struct seal *s)
{
	return s->raw.key->provider->name;
}

void
seal_destroy(struct seal *s)
{
	if (s == NULL)
		return;
	if (s->tx.shared != NULL) {
		session_tx_fini(&s->tx);
		sendq_fini(&s->q);
	}
	for (uint32_t i = 0; s->raw_bufs != NULL && i < s->work.count; i++)
		rte_pktmbuf_free(s->raw_bufs[i]);
	raw_fini(&s->raw);
	free(s->raw_bufs);
	free(s->iov);
	session_shared_destroy(&s->shared);
	buf_pools_destroy(&s->pools);
	free(s);
}
