/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/device_events.h"

#include "stack/stack.h"
#include "stack/tell.h"

enum { EVENTS = 16 };

/* Socket and direction. */
uint64_t
device_events_cookie(const struct rtls_sock *k, enum rtls_dir d)
{
	return (uint64_t)(k - k->stack->socks) << 1 | (uint64_t)d;
}

/* The direction that an event is about, as long as it still has that context. */
static struct rtls_sock *
find(struct rtls_stack *s, const struct rtls_tls_event *ev, enum rtls_dir *d)
{
	const struct offload_ctx *ctx;
	struct rtls_sock *k;

	if (ev->cookie >> 1 >= s->conf.max_socks)
		return NULL;
	k = &s->socks[ev->cookie >> 1];
	*d = ev->cookie & 1 ? RTLS_RX : RTLS_TX;
	ctx = &k->mode.dir[*d].ctx;
	if (k->phase == ENDPOINT_FREE || ctx->state == OFFLOAD_NONE ||
	    ctx->handle.index != ev->ctx.index || ctx->handle.generation != ev->ctx.generation)
		return NULL;
	return k;
}

static void
device_down(struct rtls_stack *s, const struct binding *b)
{
	struct rtls_port *port = b->port;
	struct rtls_sock *k;

	tell_port(s, b, NOTE_DEVICE_DOWN, NULL);
	port->tls.features = 0;
	for (k = s->socks; k < s->socks + s->conf.max_socks; k++) {
		if (k->phase == ENDPOINT_FREE || s->bindings[k->path.binding].port != port)
			continue;
		mode_lose(k, RTLS_TX, RTLS_MODE_REASON_DOWN);
		mode_lose(k, RTLS_RX, RTLS_MODE_REASON_DOWN);
	}
}

static void
take_event(struct rtls_stack *s, const struct binding *b, const struct rtls_tls_event *ev)
{
	struct rtls_sock *k;
	enum rtls_dir d;

	switch ((enum rtls_tls_event_type)ev->type) {
	case RTLS_TLS_EV_ADD_DONE:
		k = find(s, ev, &d);
		if (k != NULL)
			mode_added(k, d, ev->status);
		break;
	case RTLS_TLS_EV_LOST:
		k = find(s, ev, &d);
		if (k != NULL)
			mode_lose(k, d, RTLS_MODE_REASON_LOST);
		break;
	case RTLS_TLS_EV_DEL_DONE:
		k = find(s, ev, &d);
		if (k != NULL)
			(void)offload_closed(&k->mode.dir[d].ctx);
		break;
	case RTLS_TLS_EV_TX_RESYNC:
		k = find(s, ev, &d);
		if (k != NULL && d == RTLS_TX)
			mode_tx_out_of_step(k, ev->seq);
		break;
	case RTLS_TLS_EV_DOWN:
		device_down(s, b);
		break;
	/* The program decides when it is used again: rtls_port_features(). */
	case RTLS_TLS_EV_UP:
		tell_port(s, b, NOTE_DEVICE_UP, NULL);
		break;
	/* No resync is asked for: a device that is out of step says that it is lost. */
	case RTLS_TLS_EV_RESYNC_START:
	case RTLS_TLS_EV_RESYNC_END:
	case RTLS_TLS_EV_RESYNC_CANCEL:
		break;
	}
}

void
device_events_poll(struct rtls_stack *s)
{
	struct rtls_tls_event ev[EVENTS];
	struct binding *b;
	unsigned int n, i;

	for (b = s->bindings; b < s->bindings + s->nb_bindings; b++) {
		if (!offload_device_present(&b->port->tls))
			continue;
		n = b->port->tls.ops->poll_events(b->port->tls.dev, b->queue, ev, EVENTS);
		for (i = 0; i < n; i++)
			take_event(s, b, &ev[i]);
	}
}
