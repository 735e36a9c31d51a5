/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The buffers of one stack, made once. A record that we own is one linear
 * buffer of the smallest class that holds it; a packet is a header buffer in
 * front of indirect mbufs that refer to pieces of records.
 */
#ifndef RTLS_BUF_POOLS_H
#define RTLS_BUF_POOLS_H

#include <stdbool.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "core/record.h"

enum {
	/* The plaintext of a record starts here in its buffer: aligned for the cipher, with
	 * room in front for header and explicit nonce. */
	BUF_PLAIN_OFF = 16,
	BUF_SMALL_ROOM = 256,
	BUF_MEDIUM_ROOM = 2048,
	BUF_LARGE_ROOM = 17 * 1024,
	BUF_HEADER_ROOM = 256,
};

struct buf_pools_conf {
	const char *name;
	int socket_id;
	uint32_t nb_packets;
	uint32_t nb_small;
	uint32_t nb_medium;
	uint32_t nb_large;
	bool wipe; /* record buffers when they are given back, by whomever */
};

struct buf_pools {
	/* Packets without payload, and the first mbuf of others; private area: what the packet
	 * tells a device, struct rtls_tls_tx_meta. */
	struct rte_mempool *header;
	struct rte_mempool *indirect;  /* mbufs without a data room */
	struct rte_mempool *reserve;   /* large ones, for records that are opened */
	struct rte_mempool *control;   /* medium ones, for what data may not keep waiting */
	struct rte_mempool *record[3]; /* small, medium, large; private area: sendq_rec */
};

/*
 * 0; -ENOMEM; -EEXIST: a pool of that name is there; -ENAMETOOLONG; -EINVAL: a pool of no
 * buffers; -ENOSPC: DPDK has no room for pools that wipe. Nothing is left behind on error.
 */
int buf_pools_create(struct buf_pools *p, const struct buf_pools_conf *conf);
/* 0, or -EAGAIN while buffers are out (nothing is freed then). Safe on a zeroed struct. */
int buf_pools_destroy(struct buf_pools *p);

/*
 * A record buffer for plain_len bytes of plaintext, data_off at BUF_PLAIN_OFF,
 * data_len 0, its sendq_rec zeroed. NULL when the class and all larger ones are empty.
 */
struct rte_mbuf *buf_record_alloc(const struct buf_pools *p, uint32_t plain_len);

/* Of the largest of the smaller classes that is not empty. */
struct rte_mbuf *buf_smaller_alloc(const struct buf_pools *p, uint32_t plain_len);

/* For data: a record may be short. */
static inline struct rte_mbuf *
buf_data_alloc(const struct buf_pools *p, uint32_t plain_len)
{
	struct rte_mbuf *m = buf_record_alloc(p, plain_len);

	return m != NULL ? m : buf_smaller_alloc(p, plain_len);
}

/*
 * The same for a control record or a handshake's bytes. When all else is out it comes from a
 * reserve that data never touches, if a medium buffer holds it.
 */
struct rte_mbuf *buf_control_alloc(const struct buf_pools *p, uint32_t plain_len);

/*
 * The same for a record that is opened. When all else is out it comes from the reserve: what
 * peers that do not read keep in send queues may not keep a program from reading.
 */
struct rte_mbuf *buf_rx_record_alloc(const struct buf_pools *p, uint32_t plain_len);

/* Plaintext bytes that a record buffer can hold, tail room for inner type and tag kept. */
uint32_t buf_record_room(const struct rte_mbuf *m);

/* Are some buffers that hold plain_len bytes back, so that who found none may try again? */
bool buf_pools_recovered(const struct buf_pools *p, uint32_t plain_len);

/* How many buffers that hold plain_len bytes are there? */
uint32_t buf_pools_free(const struct buf_pools *p, uint32_t plain_len);

/* Frees a record buffer that holds plaintext, from BUF_PLAIN_OFF on: wiped first. NULL is fine. */
void buf_record_discard(struct rte_mbuf *m);

/* Buffers that are out, all pools together. */
uint32_t buf_pools_in_use(const struct buf_pools *p);

#endif
