/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A pcapng file, read by its own description (draft-ietf-opsawg-pcapng) and not by DPDK. */
#ifndef RTLS_SUPPORT_PCAPNG_H
#define RTLS_SUPPORT_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>

enum { PCAPNG_COMMENTS_MAX = 2 };

struct pcapng_packet {
	const uint8_t *bytes;
	uint32_t len;
	uint32_t original_len;
	bool received;
	unsigned int nb_comments;
	char comments[PCAPNG_COMMENTS_MAX][128];
};

struct pcapng {
	uint8_t *file;
	uint32_t len;
	struct pcapng_packet *packets;
	unsigned int nb_packets, cap_packets;
	unsigned int nb_interfaces;
	char name[80]; /* of the last interface */
	unsigned int nb_stats;
	uint64_t received, missed; /* of the last statistics */
};

/* False: it is no file of whole blocks. */
bool pcapng_read(struct pcapng *f, const char *path);
void pcapng_free(struct pcapng *f);

#endif
