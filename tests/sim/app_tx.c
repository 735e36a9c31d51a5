/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include "sim/app_priv.h"

/*
 * Control records between two calls whose data was taken. There is room for control past data: a
 * program that waits for room and throws in one now and then, for as long as it waits, fills a slow
 * connection with these, and its data never comes to its turn.
 */
enum { CONTROL_PAST_MAX = 2 };

/* Was a send call refused for now? Anything else negative is a complaint. */
static bool
refused(struct app *a, ssize_t rc, size_t asked)
{
	if (rc == -EAGAIN || rc == -ENOMEM) {
		a->refusals++;
		return true;
	}
	if (rc < 0)
		app_ended(a, "a send call", rc);
	else if ((size_t)rc > asked)
		app_complain(a, "a send call took %zd of %zu bytes", rc, asked);
	else if (rc == 0 && asked > 0)
		app_complain(a, "a send call took nothing of %zu bytes", asked);
	else if ((size_t)rc < asked)
		a->refusals++;
	return rc < 0;
}

static bool
send_data(struct app *a, uint16_t type, uint64_t left)
{
	size_t len = 1 + app_below(a, a->conf.chunk_max);
	bool more = type == JOURNAL_DATA && app_chance(a, a->conf.more_pct);
	struct iovec iov[APP_IOV_MAX];
	struct rtls_msg msg = { .iov = iov, .type = app_chance(a, 50) ? RTLS_TYPE_DATA : 0 };
	ssize_t rc;

	if (app_chance(a, 20))
		len = 1 + app_below(a, 16);
	if (len > left)
		len = left;
	journal_fill(a->sent, type, len, 0, a->buf, len);
	if (type == JOURNAL_DATA && app_chance(a, 30)) {
		msg.iovlen = app_scatter(a, iov, len);
		rc = rtls_sendmsg(a->sock, &msg, more ? RTLS_MSG_MORE : 0);
	} else {
		rc = rtls_send(a->sock, a->buf, len, more ? RTLS_MSG_MORE : 0);
	}
	/* What the call saw is the call's no longer: it must have been copied. */
	memset(a->buf, 0xee, len);
	if (refused(a, rc, len))
		return false;
	journal_append(a->sent, type, (uint64_t)rc,
		       type == JOURNAL_DATA && !more && (size_t)rc == len);
	a->data_sent += (uint64_t)rc;
	a->control_past = 0;
	return true;
}

static bool
send_control(struct app *a, uint16_t type)
{
	size_t len = type == JOURNAL_KEY_UPDATE ? JOURNAL_KEY_UPDATE_LEN :
		     type == JOURNAL_HANDSHAKE ? 4 + app_below(a, app_chance(a, 10) ? 16381 : 300) :
						 2;
	struct iovec iov[APP_IOV_MAX];
	struct rtls_msg msg = { .iov = iov, .type = (uint8_t)type };
	ssize_t rc;

	if (type == JOURNAL_CLOSE_NOTIFY)
		msg.type = RTLS_TYPE_ALERT;
	if (type == JOURNAL_KEY_UPDATE)
		msg.type = RTLS_TYPE_HANDSHAKE;
	journal_fill(a->sent, type, len, 0, a->buf, len);
	msg.iovlen = app_scatter(a, iov, len);
	rc = rtls_sendmsg(a->sock, &msg, 0);
	memset(a->buf, 0xee, len);
	if (refused(a, rc, len))
		return false;
	if ((size_t)rc != len)
		app_complain(a, "a control record was taken in part: %zd of %zu", rc, len);
	journal_append(a->sent, type, len, false);
	a->records_sent++;
	a->control_past++;
	return true;
}

/* Do as many keys as may be have bytes that the peer did not acknowledge? Without losses only. */
static bool
too_far_ahead(const struct app *a)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };
	struct rtls_sock_info info = { .size = sizeof(info) };

	if (a->conf.update_ahead == 0 || a->nb_updates < a->conf.update_ahead)
		return false;
	rtls_sock_stats(a->sock, &stats);
	rtls_sock_info(a->sock, &info);
	return stats.tx_bytes - info.in_flight <
	       a->updated_off[(a->nb_updates - a->conf.update_ahead) % APP_AHEAD_MAX];
}

/* Who waits for the NIC to have one key gives it no next one, nor in a hurry. */
static bool
too_early(const struct app *a)
{
	const struct app_mode *m = &a->mode[RTLS_TX];

	return a->conf.patient && (m->open || a->now_us < a->updated_us + a->conf.rtt_us / 4);
}

static bool
send_update(struct app *a)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };
	struct rtls_sock_info info = { .size = sizeof(info) };

	if (too_far_ahead(a) || too_early(a) || !send_control(a, JOURNAL_KEY_UPDATE))
		return false;
	rtls_sock_stats(a->sock, &stats);
	rtls_sock_info(a->sock, &info);
	a->updated_off[a->nb_updates++ % APP_AHEAD_MAX] = stats.tx_bytes - info.in_flight +
							  info.snd_queued;
	a->updated_us = a->now_us;
	a->tx = APP_TX_UPDATE;
	return true;
}

static void
end_sending(struct app *a)
{
	int rc = rtls_shutdown(a->sock, RTLS_SHUT_WR);

	if (rc == 0)
		rc = rtls_shutdown(a->sock, RTLS_SHUT_WR);
	if (rc != 0)
		app_ended(a, "rtls_shutdown", rc);
	if (!a->gone && rtls_send(a->sock, a->buf, 1, 0) != -EPIPE)
		app_complain(a, "a send call behind shutdown was not refused with -EPIPE");
	a->tx = APP_TX_DONE;
}

/* One call. False: nothing can be done now. */
bool
app_tx_step(struct app *a, uint64_t now_us)
{
	switch (a->tx) {
	case APP_TX_PLAIN:
		if (a->conf.answers && a->rx == APP_RX_PLAIN)
			return false;
		if (a->data_sent < a->sent->plain_len)
			return send_data(a, JOURNAL_PLAIN, a->sent->plain_len - a->data_sent);
		a->tx = APP_TX_KEYS;
		return true;
	case APP_TX_KEYS:
		if (!app_install(a, RTLS_TX))
			return false;
		a->data_sent = 0;
		a->tx = APP_TX_DATA;
		return true;
	case APP_TX_DATA:
		if (!a->held && a->conf.hold_at != 0) {
			if (a->data_sent < a->conf.hold_at)
				return send_data(a, JOURNAL_DATA, a->conf.hold_at - a->data_sent);
			a->held = true;
			a->write_at_us = now_us + a->conf.hold_us;
			return false;
		}
		if (a->control_past < CONTROL_PAST_MAX && app_chance(a, a->conf.control_pct))
			return send_control(a,
					    app_chance(a, 50) ? JOURNAL_ALERT : JOURNAL_HANDSHAKE);
		if (a->conf.update_pct != 0 && a->control_past < CONTROL_PAST_MAX &&
		    app_update_below(a, 100) < a->conf.update_pct && send_update(a))
			return true;
		if (a->data_sent < a->conf.bytes)
			return send_data(a, JOURNAL_DATA, a->conf.bytes - a->data_sent);
		if (a->nb_updates < a->conf.updates || a->switches < a->conf.switches)
			return send_data(a, JOURNAL_DATA, a->conf.chunk_max);
		a->tx = a->conf.close_notify ? APP_TX_NOTIFY : APP_TX_END;
		a->write_at_us = now_us + a->conf.rest_us;
		return a->conf.rest_us == 0;
	case APP_TX_UPDATE:
		if (!app_install(a, RTLS_TX))
			return false;
		a->tx = APP_TX_DATA;
		return true;
	case APP_TX_NOTIFY:
		if (!send_control(a, JOURNAL_CLOSE_NOTIFY))
			return false;
		a->tx = APP_TX_END;
		return true;
	case APP_TX_END:
		if ((a->conf.waits || a->conf.closes) && a->rx != APP_RX_EOF)
			return false;
		if (!a->conf.closes)
			end_sending(a);
		a->tx = APP_TX_DONE;
		return true;
	case APP_TX_DONE:
		return false;
	}
	return false;
}

bool
app_tx_due(const struct app *a)
{
	return a->tx == APP_TX_KEYS || a->tx == APP_TX_UPDATE || a->tx == APP_TX_END ||
	       (a->tx == APP_TX_PLAIN && a->data_sent == a->sent->plain_len);
}
