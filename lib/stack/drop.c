/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/drop.h"

#include "buf/chain.h"
#include "port/capture.h"
#include "stack/state.h"

void
stack_free_packet(const struct rtls_stack *s, struct rte_mbuf *m)
{
	if (s->conf.wipe_buffers != 0 && chain_marks(m) != 0)
		chain_free_wiping(m);
	else
		rte_pktmbuf_free(m);
}

void
stack_tell_dropped(const struct rtls_port *p, const struct rte_mbuf *m, enum counter why)
{
	struct port_capture *c = port_capture_of(p);

	if (c != NULL)
		port_capture_dropped(c, m, counter_name(why));
}

void
stack_drop(struct rtls_stack *s, const struct rtls_port *p, struct rte_mbuf *m, enum counter why)
{
	stack_count(s, why);
	stack_tell_dropped(p, m, why);
	stack_free_packet(s, m);
}

void
stack_unsent(struct rtls_stack *s, const struct rtls_port *p, const struct rte_mbuf *m,
	     enum counter why)
{
	struct port_capture *c = port_capture_of(p);

	stack_count(s, why);
	if (c != NULL)
		port_capture_unsent(c, m, counter_name(why));
}
