/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The double as a device that does open, too: it stands behind a port's rx_burst, and the segments of
 * a started context it opens with OpenSSL as they come, each with a mark and what the contract wants
 * said of it. Written from doc/offload-contract.md, apart from drivers/tlsnic: it keeps the record that
 * it stands in, and opens all that it has of it anew with each packet. Runs have numbers in no order.
 */
#ifndef RTLS_SUPPORT_OPEN_PORT_H
#define RTLS_SUPPORT_OPEN_PORT_H

#include "support/seal_port.h"

/* What a context knows of the stream: a run that began at a record's first byte. */
struct open_place {
	uint32_t at;     /* TCP sequence of the next byte */
	uint64_t rec_no; /* of the record that it is part of */
	uint32_t got;    /* bytes of that record, all of them of this run */
	uint32_t runs;   /* how many there were */
	uint8_t record[PEER_WIRE_MAX];
};

struct open_context {
	uint32_t generation; /* of the double's context that this is for */
	bool lost;
	struct open_place place;
};

struct open_port {
	struct seal_port *seal;
	uint16_t (*below)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
	struct open_context ctx[DOUBLE_CONTEXTS];
	unsigned int fails; /* of so many packets that are opened one says FAILED; 0: none */
	unsigned int nb_marked, nb_failed, nb_lost;
	struct rtls_tls_rx_mark said; /* the last mark */
};

/* The port that s stands in front of; one such at a time. */
void open_port_open(struct open_port *o, struct seal_port *s);

/* Before seal_port_close(). */
void open_port_close(struct open_port *o);

#endif
