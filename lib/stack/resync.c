/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/resync.h"

#include <errno.h>

#include "stack/mode.h"
#include "stack/rx_quiet.h"
#include "stack/state.h"

static bool
has_method(const struct rtls_sock *sock, enum rtls_tls_rx_method method)
{
	return stack_device_of(sock, RTLS_RX)->caps.rx_method == method;
}

/* What there is to be told. A device in whose table there is no call for it begins anew. */
static void
tell(struct rtls_sock *sock)
{
	const struct offload_device *dev = stack_device_of(sock, RTLS_RX);
	struct session_epoch *e;
	struct resync_action a;
	int rc;

	if (!rx_resync_on(sock->rx.tls) || !rx_resync_take(sock->rx.tls, &a))
		return;
	e = session_rx_epoch(&sock->rx);
	if (has_method(sock, RTLS_TLS_RX_IN_ORDER)) {
		if (rx_resync_anew(sock->rx.tls))
			mode_place_gone(sock, e, true);
		return;
	}
	rc = dev->ops->rx_resync(dev->dev, e->ctx.handle, a.seq, a.rec_no);
	rx_resync_told(sock->rx.tls, a.what, rc);
	/* A later record may do. Of a context that is not there nothing else would tell for ever. */
	if (rc != 0 && rc != -EBUSY)
		mode_place_gone(sock, e, false);
}

void
sock_resync_asked(struct rtls_sock *sock, uint32_t seq)
{
	if (!rx_resync_on(sock->rx.tls) || !has_method(sock, RTLS_TLS_RX_SCAN))
		return;
	rx_resync_event(sock->rx.tls, &(struct resync_event){ .type = RESYNC_REQUEST, .seq = seq });
}

void
sock_resync_event(struct rtls_sock *sock, const struct session_epoch *e,
		  const struct rtls_tls_event *ev)
{
	struct resync_event what = { .type = RESYNC_CANCEL, .seq = ev->seq, .len = ev->len };

	if (e != session_rx_epoch(&sock->rx) || !has_method(sock, RTLS_TLS_RX_SCAN_DELAYED))
		return;
	if (ev->type == RTLS_TLS_EV_RESYNC_START)
		what.type = RESYNC_START;
	else if (ev->type == RTLS_TLS_EV_RESYNC_END)
		what.type = RESYNC_END;
	rx_resync_event(sock->rx.tls, &what);
	tell(sock);
}

void
sock_resync_go_on(struct rtls_sock *sock)
{
	tell(sock);
	/* As long as something is missing nobody knows what the device has seen. */
	if (rx_resync_wants(sock->rx.tls) && recvq_ranges(&sock->recvq) == NULL)
		rx_quiet_wait(sock);
}

void
sock_resync_quiet(struct rtls_sock *sock)
{
	if (!rx_resync_wants(sock->rx.tls) || sock->phase == SOCK_ORPHAN ||
	    recvq_ranges(&sock->recvq) != NULL)
		return;
	session_rx_quiet(&sock->rx);
	tell(sock);
}
