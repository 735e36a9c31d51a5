/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/meter.h"

#include <stdlib.h>

#include <rte_common.h>
#include <rte_cycles.h>

enum {
	ROUNDS = 24,
	PACKET = 1448, /* payload of one, and there are as many as a record needs */
	PACKETS = RECORD_PLAIN_MAX / PACKET + 1,
	STRIDE = 2048, /* from packet to packet */
};

struct meter {
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
set_len(struct meter *m, uint32_t len)
{
	uint16_t n = 0;

	m->whole = (struct iovec){ .iov_base = m->record, .iov_len = len };
	m->out[0] = (struct iovec){ .iov_base = m->plain, .iov_len = len - 1 };
	m->out[1] = (struct iovec){ .iov_base = &m->type, .iov_len = 1 };
	for (; len > 0; n++) {
		uint32_t part = RTE_MIN(len, (uint32_t)PACKET);

		m->packets[n].iov_base = m->packet + (size_t)n * STRIDE;
		m->packets[n].iov_len = part;
		len -= part;
	}
	m->seal.src = m->seal.dst = &m->whole;
	m->seal.src_cnt = m->seal.dst_cnt = 1;
	m->open.src = m->packets;
	m->open.src_cnt = n;
	m->open.dst = m->out;
	m->open.dst_cnt = RTE_DIM(m->out);
}

/* The best of some runs, in cycles; 0: it fails. */
static uint64_t
best(const struct meter *m, enum crypto_dir dir, struct crypto_job *j)
{
	uint64_t least = UINT64_MAX, start;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		start = rte_rdtsc();
		m->provider->process(m->provider, dir, j, 1);
		least = RTE_MIN(least, rte_rdtsc() - start);
		if (j->status != 0)
			return 0;
	}
	return least;
}

/* Cycles per byte of a record of so many bytes, both ways. */
static double
record_cost(struct meter *m, uint32_t len)
{
	struct crypto_job to_packets;
	uint64_t seal, open;

	set_len(m, len);
	to_packets = m->seal;
	to_packets.dst = m->packets;
	to_packets.dst_cnt = m->open.src_cnt;
	m->provider->process(m->provider, CRYPTO_SEAL, &to_packets, 1);
	for (size_t i = 0; i < sizeof(m->open.tag); i++)
		m->open.tag[i] = to_packets.tag[i];
	seal = best(m, CRYPTO_SEAL, &m->seal);
	open = best(m, CRYPTO_OPEN, &m->open);
	return seal == 0 || open == 0 ? -1 : (double)(seal + open) / 2 / len;
}

double
meter_run(const struct crypto_provider *p)
{
	static const uint8_t key[RECORD_KEY_MAX] = "a key for no secret";
	const struct record_suite *s = record_suite_row(0);
	struct meter *m = calloc(1, sizeof(*m));
	double full = -1, small = -1;

	if (m == NULL)
		return -1;
	m->provider = p;
	m->seal.aad_len = m->open.aad_len = s->aad_len;
	if (p->key_create(p, s, CRYPTO_SEAL, key, &m->seal.key) == 0 &&
	    p->key_create(p, s, CRYPTO_OPEN, key, &m->open.key) == 0) {
		full = record_cost(m, RECORD_PLAIN_MAX + 1);
		small = record_cost(m, PACKET - 48);
	}
	p->key_destroy(p, m->seal.key);
	p->key_destroy(p, m->open.key);
	free(m);
	return full < 0 || small < 0 ? -1 : (full + small) / 2;
}
