/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <inttypes.h>

#include "sim/app_priv.h"

static void
check_received(struct app *a, uint8_t type, size_t len)
{
	const char *wrong = journal_match(a->peer_sent, &a->at, type, a->buf, len);

	if (wrong != NULL)
		app_complain(a, "received %zu bytes of type %s at %" PRIu64 ": %s", len,
			     rtls_record_type_name(type), a->received, wrong);
	a->received += len;
}

static void
check_eof(struct app *a)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	rtls_sock_info(a->sock, &info);
	/* A FIN is nobody's word; close_notify is. */
	if (journal_next_type(a->peer_sent, &a->at) != -1 && (!a->conf.mortal || a->notified))
		app_complain(a,
			     "end of file at %" PRIu64 " of %" PRIu64
			     " bytes (state %s eof %s reason %s)",
			     journal_off(a->peer_sent, &a->at), a->peer_sent->end_off,
			     rtls_sock_state_name(info.state), rtls_eof_name(info.eof),
			     rtls_end_reason_name(info.end_reason));
	if (info.eof != (a->notified ? RTLS_EOF_CLOSE_NOTIFY : RTLS_EOF_BARE))
		app_complain(a, "end of file of kind %s", rtls_eof_name(info.eof));
	a->rx = APP_RX_EOF;
}

/* What recvmsg told about the bytes that it returned. */
static void
check_msg(struct app *a, const struct rtls_msg *msg, size_t len)
{
	int expected = journal_next_type(a->peer_sent, &a->at);
	uint32_t wire_len;
	bool ends = false;

	if (msg->version != 0x0303) /* of the header */
		app_complain(a, "recvmsg told version 0x%x", msg->version);
	check_received(a, msg->type, len);
	wire_len = stream_record_before(sealer_stream(a->sealer, 1 - a->end),
					journal_off(a->peer_sent, &a->at), &ends);
	if (wire_len != msg->wire_len)
		app_complain(a, "recvmsg told %u bytes on the wire, not %u", msg->wire_len,
			     wire_len);
	if (ends != ((msg->flags & RTLS_MSG_EOR) != 0))
		app_complain(a, "recvmsg is wrong about the record's end at %" PRIu64, a->received);
	if (expected == RTLS_TYPE_ALERT && msg->type == RTLS_TYPE_ALERT && len > 0 && ends &&
	    a->buf[len - 1] == 0)
		a->notified = true;
}

static bool
receive_msg(struct app *a, size_t len)
{
	struct iovec iov[APP_IOV_MAX];
	struct rtls_msg msg = { .iov = iov, .iovlen = app_scatter(a, iov, len) };
	ssize_t rc = rtls_recvmsg(a->sock, &msg, 0);

	if (rc == -EAGAIN || rc == -ENOMEM)
		return false;
	if (rc < 0)
		app_ended(a, "rtls_recvmsg", rc);
	else if ((size_t)rc > len)
		app_complain(a, "rtls_recvmsg of %zu bytes gave %zd", len, rc);
	else if (rc == 0 && msg.type == 0)
		check_eof(a);
	else
		check_msg(a, &msg, (size_t)rc);
	return !a->gone && a->error[0] == '\0';
}

/* A look ahead consumes nothing: the same bytes come again. */
static void
peek(struct app *a, size_t len)
{
	struct journal_cursor at = a->at;
	ssize_t rc = rtls_recv(a->sock, a->buf, len, RTLS_MSG_PEEK);
	const char *wrong;

	if (rc <= 0)
		return;
	wrong = journal_match(a->peer_sent, &at, RTLS_TYPE_DATA, a->buf, (size_t)rc);
	if (wrong != NULL)
		app_complain(a, "peeked at %zd bytes: %s", rc, wrong);
}

static bool
receive(struct app *a, uint8_t type, size_t len)
{
	ssize_t rc = rtls_recv(a->sock, a->buf, len, 0);
	int next;

	if (rc == -EAGAIN || rc == -ENOMEM)
		return false;
	if (rc == -EIO && type == RTLS_TYPE_DATA) {
		next = journal_next_type(a->peer_sent, &a->at);
		if (next != RTLS_TYPE_ALERT && next != RTLS_TYPE_HANDSHAKE)
			app_complain(a, "rtls_recv gave -EIO in front of type %d", next);
		return receive_msg(a, len);
	}
	if (rc < 0)
		app_ended(a, "rtls_recv", rc);
	else if ((size_t)rc > len)
		app_complain(a, "rtls_recv of %zu bytes gave %zd", len, rc);
	else if (rc == 0)
		check_eof(a);
	else
		check_received(a, type, (size_t)rc);
	return !a->gone && a->error[0] == '\0';
}

static void
update_read(struct app *a, uint64_t now_us)
{
	a->rx = APP_RX_UPDATE;
	a->read_at_us = now_us + app_update_below(a, a->conf.update_us + 1);
}

/*
 * The next control record: one of the handshake also past the data in front of it. False: there is
 * none now.
 */
static bool
receive_ahead(struct app *a, uint64_t now_us)
{
	struct iovec iov = { .iov_base = a->buf, .iov_len = sizeof(a->buf) };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };
	ssize_t rc = rtls_recvmsg(a->sock, &msg, RTLS_MSG_CONTROL);
	int next = journal_next_type(a->peer_sent, &a->at);
	struct journal_cursor it;
	const char *wrong;
	bool ends = false;

	if (rc == -EAGAIN || rc == -ENOMEM || (rc == 0 && msg.type == 0))
		return false;
	if (rc < 0) {
		app_ended(a, "rtls_recvmsg past the data", rc);
		return false;
	}
	wrong = journal_take(a->peer_sent, &a->at, msg.type, a->buf, (size_t)rc, &it);
	if (wrong == NULL && msg.type != RTLS_TYPE_HANDSHAKE && msg.type != next)
		wrong = "not one of the handshake";
	if (wrong == NULL &&
	    (msg.wire_len != stream_record_before(sealer_stream(a->sealer, 1 - a->end),
						  journal_off(a->peer_sent, &it), &ends) ||
	     !ends || (msg.flags & RTLS_MSG_EOR) == 0))
		wrong = "told wrong";
	if (wrong != NULL) {
		app_complain(a, "received %zd bytes of type %s past the data: %s", rc,
			     rtls_record_type_name(msg.type), wrong);
		return false;
	}
	a->received += (uint64_t)rc;
	a->records_ahead += msg.type != next;
	if (msg.type == RTLS_TYPE_ALERT && a->buf[rc - 1] == 0)
		a->notified = true;
	if (journal_behind_update(a->peer_sent, &it))
		update_read(a, now_us);
	return true;
}

/* Records, or what stands in front of the next one. False: nothing can be done now. */
static bool
receive_records(struct app *a, size_t len, uint64_t now_us)
{
	uint64_t received = a->received;
	bool did;

	if (a->conf.ahead_pct != 0 && app_update_below(a, 100) < a->conf.ahead_pct &&
	    receive_ahead(a, now_us))
		return true;
	if (app_chance(a, 10))
		peek(a, len);
	did = app_chance(a, 50) ? receive_msg(a, len) : receive(a, RTLS_TYPE_DATA, len);
	if (a->received == received || !journal_behind_update(a->peer_sent, &a->at))
		return did;
	update_read(a, now_us);
	return did;
}

/*
 * Behind a KeyUpdate, whatever may lie there, nothing is to be had without the next key, but data that
 * it was read past.
 */
static bool
receive_update(struct app *a)
{
	struct rtls_tls_info info = { .size = sizeof(info) };
	ssize_t rc;

	if (rtls_tls_info(a->sock, RTLS_RX, &info) != 0 || !info.paused)
		app_complain(a, "rtls_tls_info does not tell the pause behind a KeyUpdate");
	if (a->conf.ahead_pct == 0 || app_update_below(a, 2) == 0) {
		rc = rtls_recv(a->sock, a->buf, sizeof(a->buf), 0);
		if (rc > 0 && a->conf.ahead_pct != 0)
			check_received(a, RTLS_TYPE_DATA, (size_t)rc);
		else if (rc != -EKEYEXPIRED)
			app_complain(a, "rtls_recv behind a KeyUpdate gave %zd", rc);
		if (rc > 0)
			return true;
	}
	if (!app_install(a, RTLS_RX))
		return false;
	a->rx = APP_RX_RECORDS;
	return true;
}

bool
app_rx_step(struct app *a, uint64_t now_us)
{
	size_t len = 1 + app_below(a, a->conf.read_max);

	switch (a->rx) {
	case APP_RX_PLAIN:
		if (a->received == a->peer_sent->plain_len) {
			a->rx = APP_RX_KEYS;
			return true;
		}
		if (len > a->peer_sent->plain_len - a->received)
			len = a->peer_sent->plain_len - a->received;
		return receive(a, JOURNAL_PLAIN, len);
	case APP_RX_KEYS:
		if (!app_install(a, RTLS_RX))
			return false;
		a->rx = APP_RX_RECORDS;
		return true;
	case APP_RX_RECORDS:
		if (!a->stalled && a->conf.stall_at != 0 && a->received >= a->conf.stall_at) {
			a->stalled = true;
			a->read_at_us = now_us + a->conf.stall_us;
			return false;
		}
		return receive_records(a, len, now_us);
	case APP_RX_UPDATE:
		return now_us >= a->read_at_us && receive_update(a);
	case APP_RX_EOF:
		return false;
	}
	return false;
}

bool
app_rx_due(const struct app *a)
{
	return a->rx == APP_RX_KEYS || a->rx == APP_RX_UPDATE ||
	       (a->rx == APP_RX_PLAIN && a->received == a->peer_sent->plain_len);
}
