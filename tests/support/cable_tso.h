/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * TCP segmentation as hardware does it: every frame gets the packet's headers, with
 * its own sequence number, IPv4 length, ID and checksums; FIN and PSH stay for the
 * last one. The TCP checksum field of the packet holds the pseudo header's sum
 * without a length.
 */
#ifndef RTLS_SUPPORT_CABLE_TSO_H
#define RTLS_SUPPORT_CABLE_TSO_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rtls_port;

/* A packet on its way to be cut; borrowed bytes. */
struct tso_cut {
	const uint8_t *packet;
	uint32_t l3_off;
	uint32_t l4_off;
	uint32_t hdr_len; /* of all headers */
	uint32_t seg_len; /* payload bytes per frame */
	uint32_t len;     /* payload bytes of the packet */
	uint32_t off;     /* payload bytes cut so far */
	uint16_t nb;      /* frames cut so far */
};

/* Does the port cut packets, and this one by what its mbuf says? */
bool tso_fits(const struct rtls_port *port, const struct rte_mbuf *m);

/* packet: all bytes of m. False: the port does not cut it, or its headers are wrong. */
bool tso_start(struct tso_cut *cut, const struct rtls_port *port, const struct rte_mbuf *m,
	       const uint8_t *packet);

/* Writes the next frame, at most the port's MTU; returns its length, 0 behind the last one. */
uint32_t tso_next(struct tso_cut *cut, uint8_t *frame);

#endif
