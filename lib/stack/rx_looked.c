/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_looked.h"

#include "stack/mode.h"
#include "stack/resync.h"
#include "stack/rx_quiet.h"
#include "stack/state.h"

void
rx_looked(const struct netif *nif)
{
	struct rtls_sock *sock;

	/* Who came first has waited longest: behind one that waits on nobody has what it waits for. */
	while ((sock = TAILQ_FIRST(&nif->quiet_list)) != NULL && rx_quiet_came(sock)) {
		/* If it waits again it comes last, and is seen again only if the port is busy. */
		rx_quiet_forget(sock);
		mode_rx_quiet(sock);
		sock_resync_quiet(sock);
	}
}
