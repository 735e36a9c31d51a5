/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What comes out of the NIC's receive side. A packet without a mark is, byte by byte, what came;
 * a marked one has good checksums, belongs to the context's connection, and as long as the device
 * took nothing foreign its bytes are the opened ones of the stream, and the mark says where they
 * are. The expected one is marked.
 */
#ifndef RTLS_FUZZ_NIC_WATCH_H
#define RTLS_FUZZ_NIC_WATCH_H

#include "fuzz/nic_place.h"
#include "fuzz/tap_port.h"
#include "tlsnic/nic.h"

struct nic_watch {
	const struct tlsnic *nic;
	struct nic_place place; /* of the one context */
	uint32_t isn;           /* sequence of stream offset 0 */
	uint16_t generation;    /* of its context, as marks name it */
	uint16_t peer_port;
	uint16_t host_port;
	/* The NIC has looked at bytes that nobody sealed, or under another key: it may have counted headers in them. */
	bool misled;
	bool asked;         /* the last packet asked about a header */
	uint32_t asked_seq; /* and this is where it begins */
	uint64_t errors;    /* in front of the packet at hand */
	bool starved;       /* the NIC had no buffer for it */
};

/* A packet is about to go in. */
void nic_watch_before(struct nic_watch *w);

/* The host has said where the record rec begins, and which number it has; it is so in the stream. */
void nic_watch_resync(struct nic_watch *w, uint32_t ctx, uint32_t rec);

/* The frame f went in, and this came out. */
void nic_watch_packet(struct nic_watch *w, struct rte_mbuf *m, const struct tap_frame *f);

#endif
