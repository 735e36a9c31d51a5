/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a crypto provider is: something that seals and opens AEAD jobs with a
 * key object that it made. Jobs go in bursts. All providers so far finish a
 * job before process() returns; a queued one adds enqueue and dequeue beside
 * it and completes the same job structure.
 */
#ifndef RTLS_CRYPTO_PROVIDER_H
#define RTLS_CRYPTO_PROVIDER_H

#include <sys/uio.h>

#include "core/record.h"

enum crypto_dir {
	CRYPTO_SEAL,
	CRYPTO_OPEN,
};

struct crypto_provider;

/* The head of a provider's own key object. */
struct crypto_key {
	const struct crypto_provider *provider; /* that made it, and processes its jobs */
};

enum { CRYPTO_JOB_MAX = RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_12 }; /* bytes */

/*
 * One AEAD operation over the inner bytes of a record (plaintext, inner type,
 * padding; possibly none, at most CRYPTO_JOB_MAX). src and dst list the same
 * number of bytes, cut in any way, each piece used whole; a byte's place in src
 * and in dst is the same memory for all bytes (in place), or the two do not
 * overlap at all. aad_len is that of the key's suite. Borrowed during the call.
 */
struct crypto_job {
	struct crypto_key *key;
	const struct iovec *src;
	const struct iovec *dst;
	uint16_t src_cnt;
	uint16_t dst_cnt;
	uint8_t aad_len;
	uint8_t nonce[RECORD_NONCE_LEN];
	uint8_t aad[RECORD_AAD_MAX];
	uint8_t tag[RECORD_TAG_LEN]; /* SEAL: written; OPEN: compared */
	int status;                  /* 0; -EBADMSG: the tag is wrong; -EIO: the provider failed, or
				 * the job is none: unequal lists, another aad_len */
};

struct crypto_provider {
	const char *name;
	/*
	 * 0; -ENOTSUP: not this suite; -ENOMEM. Copies s->key_len bytes of key;
	 * on an error *out is untouched.
	 */
	int (*key_create)(const struct crypto_provider *p, const struct record_suite *s,
			  enum crypto_dir dir, const uint8_t *key, struct crypto_key **out);
	/* Wipes and frees; NULL is fine. */
	void (*key_destroy)(const struct crypto_provider *p, struct crypto_key *key);
	/*
	 * Processes n jobs of one direction in order and sets each status. After a
	 * status other than 0 nothing of the plaintext is left in dst (OPEN) and
	 * dst holds no half sealed bytes (SEAL): both are wiped.
	 */
	void (*process)(const struct crypto_provider *p, enum crypto_dir dir,
			struct crypto_job *jobs, uint16_t n);
};

/* One job, by who made its key. */
static inline void
crypto_process(enum crypto_dir dir, struct crypto_job *j)
{
	j->key->provider->process(j->key->provider, dir, j, 1);
}

#endif
