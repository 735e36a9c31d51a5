/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/bench.h"

#include <stdlib.h>

#include <rte_common.h>
#include <rte_cycles.h>

enum {
	ROUNDS = 24,
	PACKET = 1448, /* payload of one, and there are as many as a record needs */
	PACKETS = RECORD_PLAIN_MAX / PACKET + 1,
	STRIDE = 2048, /* from packet to packet */
};

struct bench {
	const struct crypto_provider *provider;
	struct iovec packets[PACKETS];
	struct iovec whole;
	struct iovec out[2];    /* plaintext, and the type beside it */
	struct crypto_job seal; /* from whole, in place */
	struct crypto_job open; /* from packets to out */
	uint8_t packet[PACKETS * STRIDE];
	uint8_t record[RECORD_PLAIN_MAX + 1];
	uint8_t plain[RECORD_PLAIN_MAX];
	uint8_t type;
};

static void
set_len(struct bench *b, uint32_t len)
{
	uint16_t n = 0;

	b->whole = (struct iovec){ .iov_base = b->record, .iov_len = len };
	b->out[0] = (struct iovec){ .iov_base = b->plain, .iov_len = len - 1 };
	b->out[1] = (struct iovec){ .iov_base = &b->type, .iov_len = 1 };
	for (; len > 0; n++) {
		uint32_t part = RTE_MIN(len, (uint32_t)PACKET);

		b->packets[n].iov_base = b->packet + (size_t)n * STRIDE;
		b->packets[n].iov_len = part;
		len -= part;
	}
	b->seal.src = b->seal.dst = &b->whole;
	b->seal.src_cnt = b->seal.dst_cnt = 1;
	b->open.src = b->packets;
	b->open.src_cnt = n;
	b->open.dst = b->out;
	b->open.dst_cnt = RTE_DIM(b->out);
}

/* The best of some runs, in cycles; 0: it fails. */
static uint64_t
best(const struct bench *b, enum crypto_dir dir, struct crypto_job *j)
{
	uint64_t least = UINT64_MAX, start;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		start = rte_rdtsc();
		b->provider->process(b->provider, dir, j, 1);
		least = RTE_MIN(least, rte_rdtsc() - start);
		if (j->status != 0)
			return 0;
	}
	return least;
}

/* Cycles per byte of a record of so many bytes, both ways. */
static double
record_cost(struct bench *b, uint32_t len)
{
	struct crypto_job to_packets;
	uint64_t seal, open;

	set_len(b, len);
	to_packets = b->seal;
	to_packets.dst = b->packets;
	to_packets.dst_cnt = b->open.src_cnt;
	b->provider->process(b->provider, CRYPTO_SEAL, &to_packets, 1);
	for (size_t i = 0; i < sizeof(b->open.tag); i++)
		b->open.tag[i] = to_packets.tag[i];
	seal = best(b, CRYPTO_SEAL, &b->seal);
	open = best(b, CRYPTO_OPEN, &b->open);
	return seal == 0 || open == 0 ? -1 : (double)(seal + open) / 2 / len;
}

double
crypto_bench_run(const struct crypto_provider *p)
{
	static const uint8_t key[RECORD_KEY_MAX] = "a key for no secret";
	const struct record_suite *s = record_suite_row(0);
	struct bench *b = calloc(1, sizeof(*b));
	double full = -1, small = -1;

	if (b == NULL)
		return -1;
	b->provider = p;
	b->seal.aad_len = b->open.aad_len = s->aad_len;
	if (p->key_create(p, s, CRYPTO_SEAL, key, &b->seal.key) == 0 &&
	    p->key_create(p, s, CRYPTO_OPEN, key, &b->open.key) == 0) {
		full = record_cost(b, RECORD_PLAIN_MAX + 1);
		small = record_cost(b, PACKET - 48);
	}
	p->key_destroy(p, b->seal.key);
	p->key_destroy(p, b->open.key);
	free(b);
	return full < 0 || small < 0 ? -1 : (full + small) / 2;
}
