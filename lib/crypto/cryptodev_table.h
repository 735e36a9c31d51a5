/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The process's table of crypto devices in use: found, or made where a virtual
 * one can be, configured, started, and shared by all stacks, as computing on the
 * caller's core needs no queue pair; and a few of these have one each. Set-up only;
 * crypto/cryptodev holds its lock during the calls.
 */
#ifndef RTLS_CRYPTO_CRYPTODEV_TABLE_H
#define RTLS_CRYPTO_CRYPTODEV_TABLE_H

#include <rte_cryptodev.h>

#include "crypto/provider.h"

/* What was proved of an AEAD on a device; at first, and where there is no number, nothing. */
struct cryptodev_aead {
	uint8_t layouts[2]; /* by enum crypto_dir: BOUNCE_*; 0: none is right */
	int32_t bad_tag;    /* its status for a wrong tag */
	bool queued;        /* sealing out of place by a queue pair is right */
};

struct cryptodev_device {
	char name[RTE_CRYPTODEV_NAME_MAX_LEN]; /* "": a free entry */
	uint8_t id;
	bool made;    /* here: it goes with its last user */
	bool started; /* here */
	bool proved;  /* aeads are filled */
	uint32_t users;
	uint32_t queues; /* bit per queue pair that nobody has */
	struct cryptodev_aead aeads[RECORD_AEADS];
};

/*
 * 0; -ENODEV: there is no such device and none can be made; -ENFILE: too many; or why it does
 * not start.
 */
int cryptodev_table_get(const char *name, struct cryptodev_device **out);
void cryptodev_table_put(struct cryptodev_device *d);

/* A queue pair for one thread, or -1: none is left. */
int cryptodev_table_take_queue(struct cryptodev_device *d);
void cryptodev_table_put_queue(struct cryptodev_device *d, int id);

#endif
