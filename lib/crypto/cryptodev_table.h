/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The process's table of crypto devices in use: found, or made where a virtual
 * one can be, configured, started, and shared by all stacks, as computing on the
 * caller's core needs no queue pair. Set-up only; crypto/cryptodev holds its lock
 * during the calls.
 */
#ifndef RTLS_CRYPTO_CRYPTODEV_TABLE_H
#define RTLS_CRYPTO_CRYPTODEV_TABLE_H

#include <rte_crypto_sym.h>
#include <rte_cryptodev.h>

#include "crypto/provider.h"

enum { CRYPTODEV_SUITES = 1 };

/* An AEAD on a device, and what was proved of it. */
struct cryptodev_suite {
	uint16_t cipher; /* enum rtls_cipher */
	uint8_t key_len;
	uint8_t layouts[2]; /* by enum crypto_dir: BOUNCE_*; 0: none is right */
	enum rte_crypto_aead_algorithm algo;
	int32_t bad_tag; /* its status for a wrong tag */
};

struct cryptodev_device {
	char name[RTE_CRYPTODEV_NAME_MAX_LEN]; /* "": a free entry */
	uint8_t id;
	bool made;    /* here: it goes with its last user */
	bool started; /* here */
	bool proved;  /* suites are filled */
	uint32_t users;
	struct cryptodev_suite suites[CRYPTODEV_SUITES];
};

/*
 * 0; -ENODEV: there is no such device and none can be made; -ENFILE: too many; or why it does
 * not start.
 */
int cryptodev_table_get(const char *name, struct cryptodev_device **out);
void cryptodev_table_put(struct cryptodev_device *d);

/* The row of an AEAD, or NULL: not known here. */
struct cryptodev_suite *cryptodev_suite_find(struct cryptodev_device *d, uint16_t cipher);

#endif
