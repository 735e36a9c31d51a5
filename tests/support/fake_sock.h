/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A socket of the library's public interface without the library: bytes in, bytes
 * out, and a record engine of its own on libcrypto. It
 * refuses on a schedule, and it notes what its caller did.
 */
#ifndef RTLS_SUPPORT_FAKE_SOCK_H
#define RTLS_SUPPORT_FAKE_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recordtls/guard.h>
#include <recordtls/io.h>
#include <recordtls/tls.h>

struct fake_bytes {
	uint8_t *buf;
	size_t len;
	size_t cap;
};

void fake_bytes_add(struct fake_bytes *q, const void *bytes, size_t len);
void fake_bytes_drop(struct fake_bytes *q, size_t len);
void fake_bytes_free(struct fake_bytes *q);

struct fake_engine {
	struct rtls_keys keys;
	unsigned int epoch; /* 0: no keys */
	uint64_t rec_no;
};

struct rtls_sock {
	struct fake_bytes in;  /* what the network brought */
	struct fake_bytes out; /* what the network will take */
	bool fin;              /* behind `in` */
	struct fake_engine tx;
	struct fake_engine rx;

	/* The record that is opened and not yet taken. */
	uint8_t opened[16384 + 256];
	size_t opened_off;
	size_t opened_len;
	uint8_t opened_type;     /* 0: none */
	bool paused;             /* behind a KeyUpdate */
	struct fake_bytes ahead; /* opened data in front of that record */
	uint8_t end_alert;       /* of rtls_sock_info() */
	bool connecting;         /* there is no connection yet */
	int failed;              /* the receive side's last word */

	/* The schedule. */
	uint64_t rand;
	unsigned int refuse_of_16;      /* this many sends of 16 are refused */
	unsigned int short_of_16;       /* this many are short */
	unsigned int keys_refuse_of_16; /* set_keys says -ENOMEM */
	bool blocked;                   /* every send and TX key is refused */
	int tx_errno;                   /* every send fails so */
	int keys_errno;                 /* every set_keys fails so */

	bool carries_one; /* no suite but AES-128-GCM */
	uint16_t tx_max;  /* bytes of plaintext in a record; 0: all there may be */
	uint16_t rx_max;

	uint64_t guard; /* who may move bytes without keys; 0: whoever calls */

	/* The notes. */
	unsigned int plain_sends;
	unsigned int refusals;
	unsigned int shorts;
	unsigned int tx_type[256];
	unsigned int rx_type[256];
	unsigned int tx_keys;
	unsigned int rx_keys;
	size_t recv_max;          /* longest plain recv asked for */
	unsigned int kept[2];     /* calls of rtls_guard_kept() */
	unsigned int told_failed; /* calls of rtls_guard_failed() */
	const char *kept_why[2];
};

void fake_sock_init(struct rtls_sock *k, uint64_t seed);
void fake_sock_fini(struct rtls_sock *k);

/* Seals with the keys of the *receive* direction: what the peer would send. */
void fake_sock_inject(struct rtls_sock *k, uint8_t type, const void *bytes, size_t len);

#endif
