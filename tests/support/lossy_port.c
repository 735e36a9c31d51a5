/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/lossy_port.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/harness.h"

struct lossy_port {
	struct rtls_port port; /* first: a port is all that others know */
	struct rtls_port *under;
	struct lossy_conf conf;
	struct lossy_counts counts;
	uint64_t luck;
};

static bool
is_lost(struct lossy_port *l, uint32_t per_all)
{
	return harness_below(&l->luck, LOSSY_ALL) < per_all;
}

static uint16_t
lossy_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct lossy_port *l = (struct lossy_port *)p;
	uint16_t got = l->under->rx_burst(l->under, queue, pkts, n);
	uint16_t kept = 0;

	l->counts.rx_packets += got;
	for (uint16_t i = 0; i < got; i++) {
		if (is_lost(l, l->conf.rx_lost)) {
			l->counts.rx_lost++;
			rte_pktmbuf_free(pkts[i]);
		} else {
			pkts[kept++] = pkts[i];
		}
	}
	return kept;
}

static uint16_t
lossy_tx_prepare(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct lossy_port *l = (struct lossy_port *)p;

	return l->under->tx_prepare(l->under, queue, pkts, n);
}

/* One by one, so that what the port below refuses is the end of what was taken. */
static uint16_t
lossy_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct lossy_port *l = (struct lossy_port *)p;
	uint16_t taken;

	for (taken = 0; taken < n; taken++) {
		if (is_lost(l, l->conf.tx_lost)) {
			l->counts.tx_lost++;
			rte_pktmbuf_free(pkts[taken]);
		} else if (l->under->tx_burst(l->under, queue, &pkts[taken], 1) == 0) {
			break;
		}
	}
	l->counts.tx_packets += taken;
	return taken;
}

static void
lossy_tx_cleanup(struct rtls_port *p, uint16_t queue)
{
	struct lossy_port *l = (struct lossy_port *)p;

	l->under->tx_cleanup(l->under, queue);
}

static void
lossy_close(struct rtls_port *p)
{
	struct lossy_port *l = (struct lossy_port *)p;

	l->under->close(l->under);
	free(l);
}

struct rtls_port *
lossy_port_create(struct rtls_port *under, const struct lossy_conf *conf)
{
	struct lossy_port *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->under = under;
	l->conf = *conf;
	l->luck = conf->seed;
	l->port = (struct rtls_port){
		.rx_burst = lossy_rx_burst,
		.tx_prepare = under->tx_prepare != NULL ? lossy_tx_prepare : NULL,
		.tx_burst = lossy_tx_burst,
		.tx_cleanup = under->tx_cleanup != NULL ? lossy_tx_cleanup : NULL,
		.close = lossy_close,
		.caps = under->caps,
		.nb_queues = 1,
		.mtu = under->mtu,
	};
	l->port.under = under;
	snprintf(l->port.name, sizeof(l->port.name), "lossy(%.70s)", under->name);
	memcpy(l->port.mac, under->mac, sizeof(l->port.mac));
	return &l->port;
}

void
lossy_port_counts(const struct rtls_port *p, struct lossy_counts *out)
{
	const struct lossy_port *l = (const struct lossy_port *)p;

	*out = l->counts;
}
