/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The NIC as its files share it. The host's lcore calls the port and its tls_ops; the
 * NIC's does the work (turn.h). Without rings one lcore is both.
 */
#ifndef TLSNIC_NIC_H
#define TLSNIC_NIC_H

#include <recordtls/tlsnic.h>

#include "log/note.h"
#include "port/port.h"
#include "tlsnic/backlog.h"
#include "tlsnic/budget.h"
#include "tlsnic/context.h"
#include "tlsnic/counters.h"
#include "tlsnic/fault.h"
#include "tlsnic/outq.h"
#include "tlsnic/ring.h"
#include "tlsnic/security.h"

/* Text of a record that was handed up, of whatever connection: see lie.h. */
struct nic_lie {
	uint32_t len; /* 0: there is none */
	uint64_t rec_no;
	uint8_t text[256];
};

struct tlsnic {
	struct rtls_port port; /* first: a port is all that others know */
	struct rtls_port *under;
	struct rtls_tlsnic_conf conf; /* no field is 0 that has a default */
	struct rtls_tls_ops ops;
	char name[16]; /* of its pool, rings and tables */
	struct nic_security security;
	uint32_t frame_max; /* bytes of the longest frame that it makes */
	uint8_t *scratch;   /* of the NIC's lcore: a record, or three frames */
	struct rte_mempool *tx_pool;
	/* Apart: however much of it the host leaves unread, there is something to send with. */
	struct rte_mempool *rx_pool;
	struct nic_contexts contexts;
	uint32_t nb_to_seal; /* packets, for conf.tx_lose */
	uint32_t nb_to_open; /* packets, for conf.rx_unverified */
	uint32_t nb_marked;  /* packets, for conf.rx_lie */
	/* The NIC's lcore: contexts that have told a start of a resync, oldest first. */
	TAILQ_HEAD(nic_asking, nic_context) asking;
	TAILQ_HEAD(nic_untold, nic_context) untold; /* the same, that are lost */
	uint64_t turns;                             /* so many polls */
	struct nic_faults faults;
	struct nic_lie lie; /* the NIC's lcore */
	bool down_told;     /* the NIC's lcore: that there will be a reset */
	bool is_down;       /* the host's lcore */
	uint64_t
		up_poll; /* the same: of its contexts' polls, the first that may be the end of that */
	struct nic_outq outq;
	struct nic_rings rings;
	struct nic_budget budget;
	struct nic_backlog backlog;
	struct nic_counters counters;
	bool said[NIC_CNT_MAX]; /* in the log */
};

/* A packet is dropped: the counter says why, and the log once. */
static inline void
nic_dropped(struct tlsnic *nic, enum nic_counter why)
{
	nic_count(&nic->counters, why, 1);
	note_once(&nic->said[why], NOTE_TLSNIC_DROPPED, nic->port.name, "%s", nic_stats[why].name);
}

static inline struct tlsnic *
nic_of(struct rtls_port *p)
{
	return (struct tlsnic *)p;
}

#endif
