/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/tell.h"

#include <stdio.h>

#include "stack/addr.h"
#include "stack/state.h"

static void
who_is(const struct net_addr *a, uint16_t port, char who[RTLS_ADDR_TEXT])
{
	struct rtls_addr addr = addr_from_net(a, port);

	(void)rtls_addr_format(&addr, who, RTLS_ADDR_TEXT);
}

void
tell_conn(struct rtls_sock *sock, enum note n, const char *fmt, ...)
{
	uint64_t left_out;
	char who[RTLS_ADDR_TEXT];
	va_list ap;

	if (!note_due(&sock->stack->notes, n, sock->stack->now_us, &left_out))
		return;
	who_is(&sock->tuple.remote, sock->tuple.remote_port, who);
	va_start(ap, fmt);
	note_say(n, left_out, who, fmt, ap);
	va_end(ap);
}

void
tell_port(struct rtls_stack *s, const struct netif *nif, enum note n, const char *fmt, ...)
{
	uint64_t left_out;
	char who[2 * PORT_NAME_MAX];
	va_list ap;

	if (!note_due(&s->notes, n, s->now_us, &left_out))
		return;
	if (nif->port->name[0] != '\0')
		snprintf(who, sizeof(who), "%s", nif->port->name);
	else
		snprintf(who, sizeof(who), "port %u of %s", (unsigned int)(nif - s->netifs),
			 s->registered.id.name);
	va_start(ap, fmt);
	note_say(n, left_out, who, fmt, ap);
	va_end(ap);
}

void
tell_remote(struct rtls_stack *s, const struct net_addr *remote, uint16_t port, enum note n,
	    const char *fmt, ...)
{
	uint64_t left_out;
	char who[RTLS_ADDR_TEXT];
	va_list ap;

	if (!note_due(&s->notes, n, s->now_us, &left_out))
		return;
	who_is(remote, port, who);
	va_start(ap, fmt);
	note_say(n, left_out, who, fmt, ap);
	va_end(ap);
}

void
tell_stack(struct rtls_stack *s, enum note n, const char *fmt, ...)
{
	uint64_t left_out;
	va_list ap;

	if (!note_due(&s->notes, n, s->now_us, &left_out))
		return;
	va_start(ap, fmt);
	/* One that is being made has none yet. */
	note_say(n, left_out, s->registered.listed ? s->registered.id.name : NULL, fmt, ap);
	va_end(ap);
}
