/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The file of a capture. What it holds can be read at any time, also when the disk gets full. */
#ifndef RTLS_PORT_CAPTURE_FILE_H
#define RTLS_PORT_CAPTURE_FILE_H

#include <stdint.h>
#include <sys/types.h>

#include <rte_mbuf.h>
#include <rte_pcapng.h>

struct capture_file {
	rte_pcapng_t *ng;
	int fd; /* ng's */
	uint16_t port_id;
	off_t good; /* so many bytes are whole blocks */
};

/* 0, or a negative errno. name: of the interface in the file. */
int capture_file_open(struct capture_file *f, const char *path, uint16_t port_id, const char *name);

/* Takes what rte_pcapng_copy() made. 0, or a negative errno: nothing more can be written. */
int capture_file_write(struct capture_file *f, struct rte_mbuf **pkts, uint16_t n);

/* What the interface had, and how much of it is not in the file. As above. */
int capture_file_stats(struct capture_file *f, uint64_t received, uint64_t missed);

void capture_file_close(struct capture_file *f);

#endif
