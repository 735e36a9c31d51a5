/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_packet.h"

#include "stack/drop.h"
#include "stack/tell.h"

void
rx_packet_drop(struct rtls_stack *s, struct rx_packet *p, enum counter why)
{
	stack_drop(s, p->nif->port, p->m, why);
}

void
rx_packet_refused(struct rtls_stack *s, const struct rx_packet *p, enum counter why)
{
	stack_count(s, why);
	stack_tell_dropped(p->nif->port, p->m, why);
}

void
rx_packet_drop_from(struct rtls_stack *s, struct rx_packet *p, enum counter why, enum note n)
{
	tell_remote(s, &p->ip.src, 0, n, NULL);
	rx_packet_drop(s, p, why);
}

void
rx_packet_unparsed(struct rtls_stack *s, struct netif *nif, struct rx_packet *p, enum counter why)
{
	if (why == CNT_RX_FRAGMENTS)
		tell_port(s, nif, NOTE_FRAGMENT, NULL);
	else if (why == CNT_RX_MALFORMED)
		tell_port(s, nif, NOTE_MALFORMED, "%u bytes", p->m->pkt_len);
	rx_packet_drop(s, p, why);
}
