/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <inttypes.h>

#include <recordtls/io.h>
#include <recordtls/names.h>

#include "sock/check.h"
#include "sock/move.h"
#include "stack/memory.h"
#include "stack/mode.h"
#include "stack/resync.h"
#include "stack/rx_memory.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "stack/tell.h"
#include "stack/window.h"
#include "tcp/query.h"

static bool
audit_failed(const struct rtls_sock *sock)
{
	const struct rx_device *device = sock->rx.tls->device;

	return device != NULL && device->count.audits_failed != 0;
}

static void
tell_broken(struct rtls_sock *sock)
{
	enum rtls_end_reason why = (enum rtls_end_reason)sock->rx.end_reason;

	if (why == RTLS_REASON_DEVICE) {
		stack_count(sock->stack, CNT_TLS_RX_DEVICE_WRONG);
		tell_port(sock->stack, stack_netif_of(sock, RTLS_RX), NOTE_DEVICE_WRONG,
			  "%srecord %" PRIu64 " of key %u", audit_failed(sock) ? "by audit, " : "",
			  session_rx_rec_no(&sock->rx), sock_epochs_of(sock, RTLS_RX)->nb_keys);
	}
	if (why == RTLS_REASON_FLOOD)
		stack_count(sock->stack, CNT_TLS_RX_FLOODS);
	if (why == RTLS_REASON_TRUNCATED)
		tell_conn(sock, NOTE_RECORD_CUT_OFF, "record %" PRIu64,
			  session_rx_rec_no(&sock->rx));
	else
		tell_conn(sock, NOTE_RECORD_BAD, "%s, record %" PRIu64 " of key %u, alert %s",
			  rtls_end_reason_name(why), session_rx_rec_no(&sock->rx),
			  sock_epochs_of(sock, RTLS_RX)->nb_keys,
			  rtls_alert_name(sock->rx.end_alert));
}

/* What is known of a connection's records. */
struct opening {
	bool failed;
	uint64_t decrypt_errors;
	uint64_t audited, audits_failed;
};

static struct opening
opening_of(const struct rtls_sock *sock)
{
	struct opening o = { .failed = sock->rx.state == SESSION_RX_FAILED };
	const struct rx_tls *tls = sock->rx.tls;

	if (tls == NULL)
		return o;
	o.decrypt_errors = tls->decrypt_errors;
	if (tls->device == NULL)
		return o;
	o.audits_failed = tls->device->count.audits_failed;
	o.audited = tls->device->count.found[RX_FOUND_AUDITED] + o.audits_failed;
	return o;
}

static void
count_opened(struct rtls_sock *sock, const struct opening *before)
{
	struct netif *nif = stack_netif_of(sock, RTLS_RX);
	struct opening now = opening_of(sock);

	sock->stack->counters[CNT_TLS_DECRYPT_ERROR] += now.decrypt_errors - before->decrypt_errors;
	nif->rx_audited += now.audited - before->audited;
	nif->rx_audits_failed += now.audits_failed - before->audits_failed;
}

/* Records were opened, or one could not be: what the socket has to tell of it. */
static void
after_opening(struct rtls_sock *sock, const struct opening *before)
{
	if (sock->rx.tls != NULL)
		count_opened(sock, before);
	if (sock->rx.state == SESSION_RX_FAILED && !before->failed) {
		tell_broken(sock);
		if (sock->end_reason == 0) {
			sock->end_who = RTLS_END_LOCAL;
			sock->end_reason = sock->rx.end_reason;
		}
	}
	mode_read(sock);
	sock_resync_moved(sock);
	rx_memory_account(sock);
	sock_window_read(sock);
	sock_offer_window(sock);
}

ssize_t
sock_receive(struct rtls_sock *sock, struct rtls_msg *m, int flags, bool data_only)
{
	struct opening before = opening_of(sock);
	int known = RTLS_MSG_PEEK | (data_only ? 0 : RTLS_MSG_CONTROL);
	ssize_t n;
	int rc;

	if (sock_check_iov(m->iov, m->iovlen) != 0 || (flags & ~known) != 0)
		return -EINVAL;
	rc = sock_check_recv(sock);
	if (rc != 0)
		return rc;
	n = session_rx_recv(&sock->rx, m, flags, tcp_peer_is_shut(&sock->tcp), data_only);
	after_opening(sock, &before);
	/* Opening a record is how control ahead, or a broken stream, becomes known. */
	sock_ready(sock);
	if (n == -ENOMEM)
		memory_starved(sock, sock->stack->session.short_len);
	/* Data may wait: the end of the connection comes behind it. */
	if (n != -EAGAIN || (flags & RTLS_MSG_CONTROL) != 0)
		return n;
	/* What came before the end of a connection is read first, then its error. */
	rc = sock_end_error(sock);
	/* After our own abort or a finished close nothing more can come. */
	return rc == 0 && !tcp_is_closed(&sock->tcp) ? -EAGAIN : rc;
}

void
sock_look_ahead(struct rtls_sock *sock)
{
	struct opening before = opening_of(sock);

	if (sock_check_recv(sock) != 0)
		return;
	if (session_rx_look_ahead(&sock->rx, tcp_peer_is_shut(&sock->tcp)) != 0)
		memory_starved(sock, sock->stack->session.short_len);
	after_opening(sock, &before);
}

ssize_t
rtls_recv(struct rtls_sock *sock, void *buf, size_t len, int flags)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	int rc = sock_check_guard(sock, RTLS_RX);

	return rc != 0 ? rc : sock_receive(sock, &m, flags, true);
}

ssize_t
rtls_recvmsg(struct rtls_sock *sock, struct rtls_msg *m, int flags)
{
	int rc = sock_check_handle(sock);

	if (rc == 0 && m == NULL)
		rc = -EINVAL;
	if (rc != 0)
		return rc;
	m->type = 0;
	m->version = 0;
	m->wire_len = 0;
	m->flags = 0;
	m->nb_records = 0;
	if (m->records == NULL && m->records_max > 0)
		return -EINVAL;
	rc = sock_check_guard(sock, RTLS_RX);
	return rc != 0 ? rc : sock_receive(sock, m, flags, false);
}
