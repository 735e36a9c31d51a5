/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A connection whose end 0 has a device that takes notes (seal_port) and whose end 1
 * does all in software; what end 0 sends is kept as it is on the wire.
 */
#ifndef RTLS_SUPPORT_DEVICE_PAIR_H
#define RTLS_SUPPORT_DEVICE_PAIR_H

#include "support/pair.h"
#include "support/seal_port.h"

enum {
	DEVICE_PAIR_STREAM = 1 << 20,
	DEVICE_PAIR_REC_NO = 5, /* of the first record, in both directions */
	DEVICE_PAIR_KEYS = 8,
};

/* Bytes that end 0 sent, from behind its SYN. */
struct device_pair_wire {
	bool syn;
	uint32_t isn;
	uint32_t end;
	uint8_t *bytes;
	bool *seen; /* which of these were sent */
};

struct device_pair {
	struct pair p;
	struct seal_port dev; /* but is_nic: a TLS NIC has its place */
	bool is_nic;
	struct rtls_sock *k[2];          /* NULL: the test has closed it */
	uint64_t sent[2];                /* bytes of the pattern, in clear or sealed */
	unsigned int epoch[2];           /* which of the keys an end sends with; 0: none yet */
	uint16_t version, cipher;        /* of all keys; 0: TLS 1.3 with AES-128-GCM */
	struct device_pair_wire wire[2]; /* what each end sent */
	cable_filter_fn filter;          /* NULL: none */
	void *filter_arg;
};

/* Both stacks; no connection yet. conf: may be NULL; tap, filter and arg are not the caller's. */
void device_pair_init(struct device_pair *d, const struct pair_conf *conf);

/* Opens the connection. */
void device_pair_connect(struct device_pair *d);

/* The keys that an end sends with from now on: the first or the next, installed at both ends. */
void device_pair_keys(struct device_pair *d, int from);

/* Keys number n, counted from 1, of what an end sends; with AES-128-GCM of TLS 1.3. */
struct peer device_pair_key(int from, unsigned int n);

/* Installs them at one end alone, to send or to receive. As rtls_set_keys(). */
int device_pair_set_keys(struct device_pair *d, int from, int at, unsigned int n);

/* Sends len bytes from each end, and compares all that comes. */
void device_pair_exchange(struct device_pair *d, uint32_t len);

/* Sends from an end, without waiting for anything. */
void device_pair_write(struct device_pair *d, int from, uint32_t len);

/* Receives and compares the last len bytes that an end wrote. */
void device_pair_read(struct device_pair *d, int from, uint32_t len);

/* What rtls_tls_info says of end 0's direction. */
bool device_pair_is(struct device_pair *d, enum rtls_dir dir, enum rtls_mode mode,
		    enum rtls_mode_reason reason);

/* A counter of end 0's stack. */
uint64_t device_pair_stat(struct device_pair *d, const char *name);

/* What end 0's socket has counted. */
struct rtls_sock_stats device_pair_sock_stats(const struct device_pair *d);

/* Closes what is open, ends both stacks: everything is back, and nothing is current. */
void device_pair_fini(struct device_pair *d);

#endif
