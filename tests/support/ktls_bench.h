/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What programs for the kernels' TLS expect, tried in each suite that is carried, in software and
 * with the TLS NIC in software at both ends:
 *
 *	struct ktls_bench b;
 *
 *	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
 *		... a new connection, without keys: b.near, b.far
 *	}
 *
 * Data goes from the near end to the far one.
 */
#ifndef RTLS_SUPPORT_KTLS_BENCH_H
#define RTLS_SUPPORT_KTLS_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"
#include "support/pair.h"
#include "support/record_peer.h"

enum {
	KTLS_NEAR = 0,
	KTLS_FAR = 1,
	KTLS_TYPE = 100, /* of a record that TLS has no name for, as the kernel's tests use it */
	KTLS_CAP = 1 << 16,
};

struct ktls_bench {
	struct pair pair;
	const struct pair_conf *conf;
	unsigned int row; /* of the suites' table */
	bool nic;
	const struct record_suite *suite; /* NULL: no more */
	struct rtls_sock *near;
	struct rtls_sock *far;
	struct record_peer peer; /* of the keys that the near end sends with */
	struct record_peer back; /* and the far one */
	unsigned int nb_keys;
	uint8_t bytes[KTLS_CAP]; /* of the pattern, from 0 on */
	uint8_t got[KTLS_CAP];
};

/* conf: beside NICs, NULL: all defaults. What is borrowed stays so until the last row. */
void ktls_first(struct ktls_bench *b, const struct pair_conf *conf);
bool ktls_more(const struct ktls_bench *b);
/* Closes the sockets that are not NULL. */
void ktls_next(struct ktls_bench *b);

static inline bool
ktls_is_tls13(const struct ktls_bench *b)
{
	return b->suite->version == RTLS_TLS_1_3;
}

/* The near end's keys to send with, at both ends: records under the number 7 and up. */
void ktls_keys(struct ktls_bench *b);
/* And the far end's. */
void ktls_keys_back(struct ktls_bench *b);
/* The near end's next keys, of TLS 1.3, in b->peer; installs them nowhere. */
void ktls_next_keys(struct ktls_bench *b);

/* Sends bytes of the pattern, one call. */
ssize_t ktls_send(struct ktls_bench *b, uint64_t off, uint32_t len, int flags);
/* The same as one record of a type. */
ssize_t ktls_send_typed(struct ktls_bench *b, uint8_t type, uint64_t off, uint32_t len, int flags);

/* One call each at the far end, behind all that is under way: what it returns, with the bytes of
 * the pattern that it must have given. */
ssize_t ktls_recv(struct ktls_bench *b, uint64_t off, uint32_t room, int flags);
/* *type: 0 where there was none. */
ssize_t ktls_recv_typed(struct ktls_bench *b, uint8_t *type, uint64_t off, uint32_t room,
			int flags);
/* All of them, in as many calls as it takes. */
void ktls_expect(struct ktls_bench *b, uint64_t off, uint64_t len);

/* What the far end reports. */
uint32_t ktls_bits(struct ktls_bench *b);

/* --- one end only -------------------------------------------------------------- */

/* The far end only has keys, to receive with; what the near one writes are bytes of the wire. */
void ktls_keys_far(struct ktls_bench *b);
void ktls_wire(struct ktls_bench *b, const uint8_t *wire, uint32_t len);
/* A record by the peer, of the pattern. */
void ktls_record(struct ktls_bench *b, uint8_t type, uint64_t off, uint32_t len, uint32_t pad_len);

/* The near end only has keys, to send with. */
void ktls_keys_near(struct ktls_bench *b);
/* The next record on the wire, by the peer, is so long; of the pattern from off on. */
void ktls_expect_record(struct ktls_bench *b, uint8_t type, uint64_t off, uint32_t len);
/* And there is none. */
void ktls_expect_none(struct ktls_bench *b);

#endif
