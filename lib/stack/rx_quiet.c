/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_quiet.h"

#include "stack/stack.h"

static const struct binding *
binding_of(const struct rtls_sock *k)
{
	return &k->stack->bindings[k->path.binding];
}

void
rx_quiet_wait(struct rtls_sock *k)
{
	if (k->mode.rx_waits || k->mode.over)
		return;
	k->mode.rx_waits = true;
	k->mode.rx_waits_since = binding_of(k)->rx_taken;
	TAILQ_INSERT_TAIL(&k->stack->quiet_list, k, quiet_link);
}

void
rx_quiet_forget(struct rtls_sock *k)
{
	if (!k->mode.rx_waits)
		return;
	k->mode.rx_waits = false;
	TAILQ_REMOVE(&k->stack->quiet_list, k, quiet_link);
}

void
rx_quiet_wait_anew(struct rtls_sock *k)
{
	rx_quiet_forget(k);
	rx_quiet_wait(k);
}

bool
rx_quiet_now(const struct rtls_sock *k)
{
	return binding_of(k)->rx_quiet;
}

bool
rx_quiet_came(const struct rtls_sock *k, const struct binding *b)
{
	uint32_t ahead = b->port->rx_ahead;

	if (binding_of(k) != b)
		return false;
	return b->rx_quiet || (ahead != 0 && b->rx_taken - k->mode.rx_waits_since >= ahead);
}
