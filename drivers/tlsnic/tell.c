/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/tell.h"

#include <recordtls/tls.h>

#include "tlsnic/nic.h"
#include "tlsnic/resync.h"

static bool
put_lost(struct tlsnic *nic, const struct nic_context *c, int status)
{
	const struct rtls_tls_event ev = {
		.type = RTLS_TLS_EV_LOST,
		.status = status,
		.ctx = contexts_handle(&nic->contexts, c),
		.cookie = c->cookie,
	};

	return ring_tell(&nic->rings, &ev);
}

/* It opens nothing any more, whether the host can be told or not. */
static void
lose_receiving(struct tlsnic *nic, struct nic_context *c, int status)
{
	resync_cancel(nic, c);
	contexts_shut(&nic->contexts, c);
	nic_count(&nic->counters, NIC_CNT_RX_LOST, 1);
	if (c->is_untold || put_lost(nic, c, status))
		return;
	c->is_untold = true;
	c->lost_status = status;
	TAILQ_INSERT_TAIL(&nic->untold, c, untold);
}

bool
tell_lost(struct tlsnic *nic, struct nic_context *c, int status)
{
	if (c->dir == RTLS_RX) {
		lose_receiving(nic, c, status);
		return true;
	}
	/* What is handed over for it would be dropped for ever. */
	if (!put_lost(nic, c, status))
		return false;
	contexts_shut(&nic->contexts, c);
	c->live = 0;
	return true;
}

void
tell_forget(struct tlsnic *nic, struct nic_context *c)
{
	if (!c->is_untold)
		return;
	c->is_untold = false;
	TAILQ_REMOVE(&nic->untold, c, untold);
}

void
tell_turn(struct tlsnic *nic)
{
	struct nic_context *c;

	while ((c = TAILQ_FIRST(&nic->untold)) != NULL && put_lost(nic, c, c->lost_status))
		tell_forget(nic, c);
}

void
tell_down(struct tlsnic *nic)
{
	const struct rtls_tls_event ev = { .type = RTLS_TLS_EV_DOWN };

	if (!nic->down_told)
		nic->down_told = ring_tell(&nic->rings, &ev);
}

void
tell_out_of_step(struct tlsnic *nic, struct nic_context *c, uint32_t seq)
{
	const struct rtls_tls_event ev = {
		.type = RTLS_TLS_EV_TX_RESYNC,
		.seq = nic_tx_expected(&c->tx),
		.ctx = contexts_handle(&nic->contexts, c),
		.cookie = c->cookie,
	};

	if (nic->conf.tx_method != RTLS_TLS_TX_NEXT_RECORD || !nic_tx_misses(&c->tx, seq) ||
	    c->tx.asked || !ring_tell(&nic->rings, &ev))
		return;
	c->tx.asked = true;
	nic_count(&nic->counters, NIC_CNT_TX_RESYNC_REQ, 1);
}
