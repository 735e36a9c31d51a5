/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The double as a device that does open, too: it stands behind a port's rx_burst, and the segments of
 * a started context it opens with OpenSSL as they come, each with a mark and what the contract wants
 * said of it. Written from doc/offload-contract.md, apart from drivers/tlsnic: it keeps the record that
 * it stands in, and opens all that it has of it anew with each packet. Runs have numbers in no order.
 *
 * It is one that says that it is lost, or finds its place again by a method. Then it gives the old place up as soon as it
 * missed a header, which the model does not: nothing is opened before it was answered, or told.
 */
#ifndef RTLS_SUPPORT_OPEN_PORT_H
#define RTLS_SUPPORT_OPEN_PORT_H

#include "support/open_place.h"
#include "support/open_scan.h"

/* What it has asked. */
enum open_ask {
	OPEN_ASKS_NOTHING,
	OPEN_ASKS_SOON, /* RTLS_TLS_EV_RESYNC_START was said */
	OPEN_ASKS,
};

struct open_context {
	uint32_t generation; /* of the double's context that this is for */
	bool lost;
	bool blind; /* it has no place */
	struct open_place place;
	struct open_scan scan; /* blind */
	enum open_ask ask;
	unsigned int polls; /* so many go by until it asks */
	bool looked;        /* at a packet, which ended at: */
	uint32_t last_end;
};

struct open_port {
	struct seal_port *seal;
	uint16_t (*below)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
	struct open_context ctx[DOUBLE_CONTEXTS];
	uint8_t method;     /* enum rtls_tls_rx_method; IN_ORDER: it says that it is lost */
	unsigned int fails; /* of so many packets that are opened one says FAILED; 0: none */
	unsigned int nb_marked, nb_failed, nb_lost;
	struct rtls_tls_rx_mark said; /* the last mark */
	unsigned int nb_blind;        /* how often its place was given up */
	unsigned int nb_asked, nb_cancelled;
	unsigned int nb_answered, nb_hinted, nb_skipped; /* of what it was told: taken, or not */
	/* It is told that the record rec_no of a context begins at seq. NULL: nothing is called. */
	void (*on_told)(const struct double_context *c, uint32_t seq, uint64_t rec_no);
	int (*told_below)(void *dev, struct rtls_tls_handle h, uint32_t seq, uint64_t rec_no);
};

/* The port that s stands in front of; one such at a time. */
void open_port_open(struct open_port *o, struct seal_port *s);

/* Behind that: it finds its place again by RTLS_TLS_RX_SCAN, _SCAN_DELAYED, or _STACK. */
void open_port_returns(struct open_port *o, enum rtls_tls_rx_method method);

/* Before seal_port_close(). */
void open_port_close(struct open_port *o);

#endif
