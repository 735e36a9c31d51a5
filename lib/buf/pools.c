/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/pools.h"

#include <assert.h>
#include <errno.h>

#include <rte_common.h>

#include <recordtls/offload.h>

#include "buf/lifo.h"
#include "buf/pool_name.h"
#include "buf/sendq.h"
#include "buf/wipe.h"

enum {
	CACHE_MAX = 256,
	PRIV_ALIGN = 64,                /* keeps the data room, and so the plaintext, aligned */
	TAIL_ROOM = 1 + RECORD_TAG_LEN, /* inner type and tag */
	EXPLICIT_NONCE_MAX = 8,
	RESERVE_SHARE = 16, /* of the large ones */
	RESERVE_MIN = 8,
	CONTROL_SHARE = 8, /* of the medium ones */
	CONTROL_MIN = 32,
};

static const uint16_t record_room[] = { BUF_SMALL_ROOM, BUF_MEDIUM_ROOM, BUF_LARGE_ROOM };

static_assert(RTE_DIM(record_room) == RTE_DIM(((struct buf_pools *)0)->record), "one per pool");
static_assert(RECORD_HDR_LEN + EXPLICIT_NONCE_MAX <= BUF_PLAIN_OFF,
	      "header and explicit nonce fit in front of the plaintext");
static_assert(BUF_LARGE_ROOM >= BUF_PLAIN_OFF + RECORD_PLAIN_MAX + TAIL_ROOM,
	      "the largest record fits");
static_assert(BUF_LARGE_ROOM <= UINT16_MAX, "mbuf lengths are 16 bit");
static_assert(BUF_PLAIN_OFF % 16 == 0, "plaintext starts aligned");

/* The per-lcore cache may not hold back a large share of a small pool. */
static unsigned int
cache_size(uint32_t n)
{
	return RTE_MIN(n / 8, (uint32_t)CACHE_MAX);
}

static int
pool_create(struct rte_mempool **out, const struct buf_pools_conf *conf, const char *suffix,
	    uint32_t n, uint16_t priv_size, uint16_t room, bool wipe)
{
	char name[RTE_MEMPOOL_NAMESIZE];
	int rc = pool_name(name, conf->name, suffix);

	if (rc != 0)
		return rc;
	if (n == 0)
		return -EINVAL;
	*out = wipe ? lifo_pool_create_wiping(name, n, priv_size, room, conf->socket_id) :
		      lifo_pool_create(name, n, cache_size(n), priv_size, room, conf->socket_id);
	return *out == NULL ? pool_refused() : 0;
}

static void
pools_free(struct buf_pools *p)
{
	size_t i;

	rte_mempool_free(p->header);
	rte_mempool_free(p->indirect);
	rte_mempool_free(p->reserve);
	rte_mempool_free(p->control);
	for (i = 0; i < RTE_DIM(p->record); i++)
		rte_mempool_free(p->record[i]);
	memset(p, 0, sizeof(*p));
}

int
buf_pools_create(struct buf_pools *p, const struct buf_pools_conf *conf)
{
	static const char *const suffix[] = { "small", "medium", "large" };
	const uint32_t nb_records[] = { conf->nb_small, conf->nb_medium, conf->nb_large };
	uint16_t priv_size = RTE_ALIGN(sizeof(struct txmap_rec), PRIV_ALIGN);
	size_t i;
	int rc;

	memset(p, 0, sizeof(*p));
	rc = conf->wipe ? lifo_register() : 0;
	if (rc == 0)
		rc = pool_create(&p->header, conf, "header", conf->nb_packets,
				 RTE_ALIGN(sizeof(struct rtls_tls_tx_meta), PRIV_ALIGN),
				 RTE_PKTMBUF_HEADROOM + BUF_HEADER_ROOM, false);
	/* Most packets lie in one record or touch two. */
	if (rc == 0)
		rc = pool_create(&p->indirect, conf, "indirect",
				 conf->nb_packets == 0 ?
					 0 :
					 RTE_MAX(2 * conf->nb_packets, (uint32_t)SENDQ_PIECES_MAX),
				 0, 0, false);
	if (rc == 0)
		rc = pool_create(&p->reserve, conf, "reserve",
				 RTE_MAX(conf->nb_large / RESERVE_SHARE, (uint32_t)RESERVE_MIN),
				 priv_size, BUF_LARGE_ROOM, conf->wipe);
	if (rc == 0)
		rc = pool_create(&p->control, conf, "control",
				 RTE_MAX(conf->nb_medium / CONTROL_SHARE, (uint32_t)CONTROL_MIN),
				 priv_size, BUF_MEDIUM_ROOM, conf->wipe);
	for (i = 0; rc == 0 && i < RTE_DIM(p->record); i++)
		rc = pool_create(&p->record[i], conf, suffix[i], nb_records[i], priv_size,
				 record_room[i], conf->wipe);
	if (rc != 0)
		pools_free(p);
	return rc;
}

int
buf_pools_destroy(struct buf_pools *p)
{
	if (buf_pools_in_use(p) != 0)
		return -EAGAIN;
	pools_free(p);
	return 0;
}

static uint32_t
plain_room(uint32_t buf_len)
{
	return buf_len - BUF_PLAIN_OFF - TAIL_ROOM;
}

static struct rte_mbuf *
record_from(struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (m == NULL)
		return NULL;
	m->data_off = BUF_PLAIN_OFF;
	memset(sendq_rec(m), 0, sizeof(struct txmap_rec));
	return m;
}

struct rte_mbuf *
buf_record_alloc(const struct buf_pools *p, uint32_t plain_len)
{
	struct rte_mbuf *m;
	size_t i;

	for (i = 0; i < RTE_DIM(record_room); i++) {
		if (plain_len > plain_room(record_room[i]))
			continue;
		m = record_from(p->record[i]);
		if (m != NULL)
			return m;
	}
	return NULL;
}

struct rte_mbuf *
buf_smaller_alloc(const struct buf_pools *p, uint32_t plain_len)
{
	struct rte_mbuf *m = NULL;
	size_t i;

	for (i = RTE_DIM(record_room); m == NULL && i-- > 0;) {
		if (plain_len > plain_room(record_room[i]))
			m = record_from(p->record[i]);
	}
	return m;
}

struct rte_mbuf *
buf_control_alloc(const struct buf_pools *p, uint32_t plain_len)
{
	struct rte_mbuf *m = buf_record_alloc(p, plain_len);

	if (m == NULL && plain_len <= plain_room(BUF_MEDIUM_ROOM))
		m = record_from(p->control);
	return m;
}

struct rte_mbuf *
buf_rx_record_alloc(const struct buf_pools *p, uint32_t plain_len)
{
	struct rte_mbuf *m = buf_record_alloc(p, plain_len);

	if (m != NULL)
		return m;
	m = rte_pktmbuf_alloc(p->reserve);
	if (m != NULL)
		m->data_off = BUF_PLAIN_OFF;
	return m;
}

uint32_t
buf_record_room(const struct rte_mbuf *m)
{
	return plain_room(m->buf_len);
}

void
buf_record_discard(struct rte_mbuf *m)
{
	if (m == NULL)
		return;
	/* data_off may have moved: what was delivered in parts is plaintext, too. */
	buf_wipe((uint8_t *)m->buf_addr + BUF_PLAIN_OFF,
		 (size_t)m->data_off + m->data_len - BUF_PLAIN_OFF);
	rte_pktmbuf_free_seg(m);
}

uint32_t
buf_pools_in_use(const struct buf_pools *p)
{
	uint32_t n = 0;
	size_t i;

	if (p->header != NULL)
		n += rte_mempool_in_use_count(p->header);
	if (p->indirect != NULL)
		n += rte_mempool_in_use_count(p->indirect);
	if (p->reserve != NULL)
		n += rte_mempool_in_use_count(p->reserve);
	if (p->control != NULL)
		n += rte_mempool_in_use_count(p->control);
	for (i = 0; i < RTE_DIM(p->record); i++)
		if (p->record[i] != NULL)
			n += rte_mempool_in_use_count(p->record[i]);
	return n;
}

uint32_t
buf_pools_free(const struct buf_pools *p, uint32_t plain_len)
{
	uint32_t n = 0, i;

	for (i = 0; i < RTE_DIM(p->record); i++)
		if (plain_len <= plain_room(record_room[i]))
			n += rte_mempool_avail_count(p->record[i]);
	return n;
}

bool
buf_pools_recovered(const struct buf_pools *p, uint32_t plain_len)
{
	/* An eighth: enough that who is woken does not find it empty again at once. */
	uint32_t i;

	for (i = 0; i < RTE_DIM(p->record); i++) {
		if (plain_len <= plain_room(record_room[i]) &&
		    rte_mempool_avail_count(p->record[i]) > p->record[i]->size / 8)
			return true;
	}
	return false;
}
