/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/device_events.h"

#include "stack/mode.h"
#include "stack/resync.h"
#include "stack/state.h"
#include "stack/tell.h"

enum { EVENTS = 16 };

/* The epoch that has the context of an event. */
struct found {
	struct rtls_sock *sock;
	enum rtls_dir d;
	struct session_epoch *e; /* NULL: the context is gone */
};

static bool
is_of(const struct session_epoch *e, const struct rtls_tls_event *ev)
{
	return e->ctx.state != OFFLOAD_NONE && e->ctx.handle.index == ev->ctx.index &&
	       e->ctx.handle.generation == ev->ctx.generation;
}

static struct found
find(struct rtls_stack *s, const struct netif *nif, const struct rtls_tls_event *ev)
{
	struct found f = { .d = ev->cookie & 1 ? RTLS_RX : RTLS_TX };
	const struct epochs *all;
	struct session_epoch *e;

	if (ev->cookie >> 1 >= s->conf.max_socks)
		return f;
	f.sock = &s->socks[ev->cookie >> 1];
	/* Two devices may have given the same handle. */
	if (f.sock->phase == SOCK_FREE || stack_netif_of(f.sock, f.d)->port != nif->port)
		return f;
	all = sock_epochs_of(f.sock, f.d);
	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		if (is_of(e, ev))
			f.e = e;
	return f;
}

static void
device_down(struct rtls_stack *s, const struct netif *nif)
{
	struct rtls_port *port = nif->port;
	struct rtls_sock *sock;

	tell_port(s, nif, NOTE_DEVICE_DOWN, NULL);
	port->tls.features = 0;
	for (sock = s->socks; sock < s->socks + s->conf.max_socks; sock++)
		for (int d = RTLS_TX; d <= RTLS_RX && sock->phase != SOCK_FREE; d++)
			if (stack_netif_of(sock, (enum rtls_dir)d)->port == port)
				mode_down(sock, (enum rtls_dir)d);
}

/* What one context has to tell. */
static void
take_context_event(struct found f, const struct rtls_tls_event *ev)
{
	switch ((enum rtls_tls_event_type)ev->type) {
	case RTLS_TLS_EV_ADD_DONE:
		mode_added(f.sock, f.d, f.e, ev->status);
		break;
	case RTLS_TLS_EV_DEL_DONE:
		mode_deleted(f.sock, f.d, f.e);
		break;
	case RTLS_TLS_EV_LOST:
		mode_lost(f.sock, f.d, f.e, ev->status);
		break;
	case RTLS_TLS_EV_TX_RESYNC:
		if (f.d == RTLS_TX)
			mode_tx_out_of_step(f.sock, f.e, ev->seq);
		break;
	case RTLS_TLS_EV_DOWN:
	case RTLS_TLS_EV_UP:
		break;
	case RTLS_TLS_EV_RESYNC_START:
	case RTLS_TLS_EV_RESYNC_END:
	case RTLS_TLS_EV_RESYNC_CANCEL:
		if (f.d == RTLS_RX)
			sock_resync_event(f.sock, f.e, ev);
		break;
	}
}

static void
take_event(struct rtls_stack *s, const struct netif *nif, const struct rtls_tls_event *ev)
{
	struct found f;

	if (ev->type == RTLS_TLS_EV_DOWN) {
		device_down(s, nif);
		return;
	}
	/* The program decides when it is used again: rtls_port_features(), rtls_set_mode(). */
	if (ev->type == RTLS_TLS_EV_UP) {
		tell_port(s, nif, NOTE_DEVICE_UP, NULL);
		return;
	}
	f = find(s, nif, ev);
	if (f.e != NULL)
		take_context_event(f, ev);
}

void
device_events_poll(struct rtls_stack *s, const struct netif *nif)
{
	const struct offload_device *dev = &nif->port->tls;
	struct rtls_tls_event ev[EVENTS];
	unsigned int n, i;

	if (!offload_device_present(dev))
		return;
	n = dev->ops->poll_events(dev->dev, nif->queue, ev, EVENTS);
	/* More than there is room for is nonsense. */
	for (i = 0; i < RTE_MIN(n, (unsigned int)EVENTS); i++)
		take_event(s, nif, &ev[i]);
}
