/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/app.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/app_priv.h"

enum {
	CALLS_PER_TURN = 4,
	RETRY_US = 500,
};

void
app_complain(struct app *a, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	if (a->error[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(a->error, sizeof(a->error), "program at end %d: %s", a->end, what);
}

void
app_ended(struct app *a, const char *what, ssize_t rc)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	rtls_sock_info(a->sock, &info);
	a->end_reason = info.end_reason;
	if (a->conf.mortal)
		a->gone = true;
	else
		app_complain(a, "%s gave %zd (%s)", what, rc,
			     rtls_end_reason_name((enum rtls_end_reason)info.end_reason));
}

void
app_abort(struct app *a)
{
	if (a->sock != NULL && rtls_abort(a->sock) != 0)
		app_complain(a, "rtls_abort failed");
	a->sock = NULL;
}

/* Cuts buf into up to three pieces at random places. */
unsigned int
app_scatter(struct app *a, struct iovec *iov, size_t len)
{
	unsigned int n = 1 + (unsigned int)app_below(a, APP_IOV_MAX), i;
	size_t done = 0;

	for (i = 0; i < n; i++) {
		iov[i].iov_base = a->buf + done;
		iov[i].iov_len = i == n - 1 ? len - done : app_below(a, len - done + 1);
		done += iov[i].iov_len;
	}
	return n;
}

static void
next_keys(struct app *a, enum rtls_dir dir)
{
	struct sim_key next;

	sim_key_of(a->conf.keys_seed, dir == RTLS_TX ? a->end : 1 - a->end, a->epoch[dir] + 1,
		   &next);
	memcpy(a->keys[dir].key, next.key, sizeof(next.key));
	memcpy(a->keys[dir].iv, next.iv, sizeof(next.iv));
	a->keys[dir].rec_no = next.rec_no;
}

bool
app_install(struct app *a, enum rtls_dir dir)
{
	struct rtls_tls_info info = { .size = sizeof(info) };
	int rc;

	if (a->epoch[dir] > 0)
		next_keys(a, dir);
	rc = rtls_set_keys(a->sock, dir, &a->keys[dir]);
	if (rc == -EAGAIN)
		return false;
	if (rc != 0) {
		app_ended(a, "rtls_set_keys", rc);
		return false;
	}
	a->epoch[dir]++;
	app_mode_keys(a, dir);
	if (rtls_tls_info(a->sock, dir, &info) != 0 || info.version != a->keys[dir].version ||
	    info.cipher != a->keys[dir].cipher || info.mode == RTLS_MODE_NONE ||
	    (info.mode == RTLS_MODE_SOFTWARE) != (info.reason != RTLS_MODE_REASON_NONE) ||
	    (info.mode == RTLS_MODE_NIC && a->conf.software) || info.epoch != a->epoch[dir] ||
	    info.rec_no != a->keys[dir].rec_no)
		app_complain(a, "rtls_tls_info(%s) does not tell the keys installed",
			     rtls_dir_name(dir));
	return true;
}

void
app_init(struct app *a, const struct app_conf *conf, int end, struct journal *sent,
	 const struct journal *peer_sent, const struct sealer *sealer, const struct rtls_keys *tx,
	 const struct rtls_keys *rx)
{
	*a = (struct app){
		.conf = *conf,
		.end = end,
		.sent = sent,
		.peer_sent = peer_sent,
		.sealer = sealer,
		.keys = { [RTLS_TX] = *tx, [RTLS_RX] = *rx },
		.rng = conf->seed,
		.mode_rng = conf->seed ^ UINT64_C(0x6d6f6465),
		.update_rng = conf->seed ^ UINT64_C(0x757064617465),
	};
}

void
app_opened(struct app *a, struct rtls_sock *sock)
{
	/* A NIC that is right is so in what is audited, too. */
	static const uint64_t audits[] = { 0, 0, 1, 5 };

	a->sock = sock;
	a->opened = true;
	if (a->conf.max_payload != 0 &&
	    rtls_sock_set(sock, RTLS_OPT_MAX_PAYLOAD, a->conf.max_payload) != 0)
		app_complain(a, "RTLS_OPT_MAX_PAYLOAD was refused");
	if (a->conf.software && rtls_sock_set(sock, RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE) != 0)
		app_complain(a, "RTLS_OPT_MODE_ORDER was refused");
	if (rtls_sock_set(sock, RTLS_OPT_AUDIT_RATE,
			  audits[a->conf.seed % HARNESS_COUNT(audits)]) != 0)
		app_complain(a, "RTLS_OPT_AUDIT_RATE was refused");
	/* Keys are renewed as often as the dice say. */
	if (rtls_sock_set(sock, RTLS_OPT_KEY_UPDATES_PER_S, 0) != 0)
		app_complain(a, "RTLS_OPT_KEY_UPDATES_PER_S was refused");
	if (a->conf.max_seg != 0 && rtls_sock_set(sock, RTLS_OPT_MAX_SEG, a->conf.max_seg) != 0)
		app_complain(a, "RTLS_OPT_MAX_SEG was refused");
}

void
app_describe(const struct app *a, char *out, size_t size)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	if (a->sock != NULL)
		rtls_sock_info(a->sock, &info);
	snprintf(out, size,
		 "end %d: tx %d key %u, %" PRIu64 " queued, rx %d key %u, %" PRIu64 " unread",
		 a->end, a->tx, a->epoch[RTLS_TX], info.snd_queued, a->rx, a->epoch[RTLS_RX],
		 info.rcv_queued);
}

static bool
close_if_over(struct app *a)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };

	if (a->rx != APP_RX_EOF || a->tx != APP_TX_DONE)
		return false;
	rtls_sock_stats(a->sock, &stats);
	/* Without shutdown the last record may still be open. */
	if (!a->conf.mortal &&
	    ((!a->conf.closes && stats.tx_record_bytes != a->sent->end_off - a->sent->plain_len) ||
	     stats.rx_record_bytes != a->peer_sent->end_off - a->peer_sent->plain_len))
		app_complain(a,
			     "rtls_sock_stats tells %" PRIu64 " bytes sent, %" PRIu64 " received",
			     stats.tx_record_bytes, stats.rx_record_bytes);
	if (rtls_close(a->sock) != 0)
		app_complain(a, "rtls_close failed");
	a->sock = NULL;
	return true;
}

bool
app_step(struct app *a, uint32_t bits, uint64_t now_us)
{
	uint64_t received = a->received;
	unsigned int nb_calls = 0;
	bool did = false, go;

	if (a->sock == NULL || a->error[0] != '\0')
		return false;
	a->now_us = now_us;
	app_mode_turn(a, bits);
	if ((bits & RTLS_ERROR) != 0)
		app_ended(a, "rtls_events", RTLS_ERROR);
	go = now_us >= a->read_at_us &&
	     (!a->conf.by_events || (bits & RTLS_READABLE) != 0 || app_rx_due(a));
	for (int i = 0; go && i < CALLS_PER_TURN; i++) {
		go = app_rx_step(a, now_us);
		did |= go;
		nb_calls += go;
	}
	if (a->received != received)
		a->received_at_us = now_us;
	go = !a->gone && now_us >= a->write_at_us &&
	     (!a->conf.by_events || (bits & RTLS_WRITABLE) != 0 || app_tx_due(a));
	for (int i = 0; go && i < CALLS_PER_TURN && a->error[0] == '\0'; i++) {
		go = app_tx_step(a, now_us);
		did |= go;
		nb_calls += go;
		/* Without events a refused call is tried again after a while. */
		if (!go && !a->conf.by_events && a->write_at_us <= now_us)
			a->write_at_us = now_us + RETRY_US;
	}
	if (a->gone) {
		app_abort(a);
		return true;
	}
	app_mode_called(a, nb_calls);
	if (a->error[0] == '\0')
		did |= close_if_over(a);
	if (did && now_us >= a->write_at_us && app_chance(a, a->conf.pause_pct))
		a->write_at_us = now_us + app_below(a, a->conf.pause_us + 1);
	if (did && now_us >= a->read_at_us && app_chance(a, a->conf.pause_pct))
		a->read_at_us = now_us + app_below(a, a->conf.pause_us + 1);
	return did;
}

uint64_t
app_next_us(const struct app *a, uint64_t now_us)
{
	uint64_t next_us = UINT64_MAX, mode_us;

	if (a->sock == NULL)
		return UINT64_MAX;
	if (a->write_at_us > now_us)
		next_us = a->write_at_us;
	if (a->read_at_us > now_us && a->read_at_us < next_us)
		next_us = a->read_at_us;
	mode_us = app_mode_next_us(a);
	return mode_us < next_us ? mode_us : next_us;
}
