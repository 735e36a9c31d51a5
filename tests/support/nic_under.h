/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A port that keeps a copy of what is sent to it, takes no more than it is told to, and
 * receives what the test injects. Checksums that it offers it fills in.
 */
#ifndef RTLS_SUPPORT_NIC_UNDER_H
#define RTLS_SUPPORT_NIC_UNDER_H

#include <stdbool.h>

#include "port/port.h"

enum { NIC_UNDER_FRAMES = 2048, NIC_UNDER_FRAME_MAX = 1600 };

struct nic_under_frame {
	uint32_t len;
	uint8_t bytes[NIC_UNDER_FRAME_MAX];
};

struct nic_under {
	struct rtls_port port; /* first */
	struct nic_under_frame *sent;
	uint32_t nb_sent;                  /* the test resets it */
	uint32_t takes;                    /* so many more frames */
	const struct rte_mempool *none_of; /* no frame may lie in buffers of this pool; NULL: any */
	uint32_t refused_len;              /* tx_prepare refuses frames of this length */
	bool holds;                        /* sent buffers, until tx_cleanup */
	struct rte_mbuf *held[64];
	uint32_t nb_held;
	struct rte_mbuf *in[64];
	uint32_t nb_in;
	unsigned int closed;
};

/* Owned by the test, also when it is closed as a port. */
struct nic_under *nic_under_create(uint32_t caps, uint16_t mtu);
void nic_under_destroy(struct nic_under *u);

/* Received next. Takes the packet. */
void nic_under_inject(struct nic_under *u, struct rte_mbuf *m);

#endif
