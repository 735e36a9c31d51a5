/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A cable between two ports that one thread runs. What is sent at one end is copied into a
 * buffer of the other's pool, as NICs do, and arrives at once; nothing is lost, a full end takes
 * no more. Checksums cannot go wrong: they are neither computed nor verified.
 */
#ifndef PERF_WIRE_H
#define PERF_WIRE_H

#include <stdint.h>

struct rtls_port;
struct wire;

/* 0 or -ENOMEM. nb_mbufs: in the pool of each end. */
int wire_create(uint16_t mtu, uint32_t nb_mbufs, struct wire **out);

/* The port at an end, 0 or 1; to be closed before the wire is destroyed. */
struct rtls_port *wire_port(struct wire *w, int end);

void wire_destroy(struct wire *w);

#endif
