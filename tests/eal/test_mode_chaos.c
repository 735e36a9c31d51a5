/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Keys and modes that change at random, over TLS NICs on a bad wire which refuse what they are asked
 * and tell nonsense: every byte arrives, what is sent again is the same, nothing leaves in clear, and
 * nothing is left behind, and no key.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_security_driver.h>

#include <recordtls/port.h>

#include "eal/rough.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	TOTAL = 120000,
	IO_MAX = 40000,
	TURNS = 3000000,
	ADDED_MAX = 4096,
};

/* One direction: end i sends. */
struct way {
	uint64_t sent, received;
	unsigned int tx_epoch, rx_epoch, announced;
	bool cut; /* half of a KeyUpdate was sent */
	struct rough_wire wire;
};

static struct way ways[2];
static struct pair p;
static struct rtls_sock *k[2];
static struct flaky crypto[2]; /* counts keys, and has none at times */
static bool promised[2][2];    /* by end and direction: rtls_set_mode() was -EINPROGRESS */
static uint64_t luck, rekeys, mixed, fallback, switches;

/* What stands in front of a NIC. */
static struct bad {
	const struct rtls_tls_ops *real;
	void *dev; /* the NIC's */
	struct rtls_tls_ops ops;
	const struct rte_security_ops *real_sec;
	struct rte_security_ops sec;
	struct {
		struct rtls_tls_handle ctx;
		uint64_t cookie;
		bool deleted;
	} added[ADDED_MAX];
	uint32_t nb;
	uint32_t lies_in;    /* one of so many polls has an event of its own; 0: never */
	uint32_t refuses_in; /* one of so many calls; 0: never */
} bads[2];

static bool
strikes(uint32_t in)
{
	return in != 0 && harness_below(&luck, in) == 0;
}

static int
an_error(void)
{
	static const int errors[] = { -EIO, -ENOSPC, -ENOTSUP, -EBUSY, -ENOMEM, 7 };

	return errors[harness_below(&luck, HARNESS_COUNT(errors))];
}

static int
bad_add(void *dev, void *session, const struct rtls_tls_flow *flow, uint64_t cookie,
	struct rtls_tls_handle *out)
{
	struct bad *b = dev;
	int rc;

	if (strikes(b->refuses_in))
		return an_error();
	rc = b->real->add(b->dev, session, flow, cookie, out);
	if ((rc == 0 || rc == -EINPROGRESS) && b->nb < ADDED_MAX) {
		b->added[b->nb].ctx = *out;
		b->added[b->nb].deleted = false;
		b->added[b->nb++].cookie = cookie;
	}
	return rc;
}

static void
bad_caps(void *dev, struct rtls_tls_caps *out)
{
	struct bad *b = dev;

	b->real->caps(b->dev, out);
}

static int
bad_start(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct bad *b = dev;

	return strikes(b->refuses_in) ? an_error() : b->real->start(b->dev, ctx, seq, rec_no);
}

static int
bad_resync(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct bad *b = dev;

	return strikes(b->refuses_in) ? an_error() : b->real->tx_resync(b->dev, ctx, seq, rec_no);
}

/* It is seldom told where to go on: one that refuses does so each other time. */
static int
bad_rx_resync(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct bad *b = dev;

	if (b->refuses_in != 0 && strikes(2))
		return an_error();
	return b->real->rx_resync(b->dev, ctx, seq, rec_no);
}

static int
bad_del(void *dev, struct rtls_tls_handle ctx)
{
	struct bad *b = dev;

	for (uint32_t i = 0; i < b->nb; i++)
		if (memcmp(&b->added[i].ctx, &ctx, sizeof(ctx)) == 0)
			b->added[i].deleted = true;
	return b->real->del(b->dev, ctx);
}

static int
bad_mark(void *dev, struct rte_security_session *session, struct rte_mbuf *m, void *meta)
{
	struct bad *b = &bads[dev == bads[1].dev];

	return strikes(b->refuses_in) ? -EIO : b->real_sec->set_pkt_metadata(dev, session, m, meta);
}

/* Of a context that there is or was, or of none. What DEL_DONE says of one that is deleted is true. */
static struct rtls_tls_event
a_lie(const struct bad *b)
{
	static const uint8_t types[] = { RTLS_TLS_EV_ADD_DONE,  RTLS_TLS_EV_LOST,
					 RTLS_TLS_EV_LOST,      RTLS_TLS_EV_TX_RESYNC,
					 RTLS_TLS_EV_TX_RESYNC, RTLS_TLS_EV_DEL_DONE,
					 RTLS_TLS_EV_UP,        RTLS_TLS_EV_RESYNC_END,
					 RTLS_TLS_EV_DOWN,      200 };
	static const int32_t statuses[] = { 0, -EIO, -EINPROGRESS, -ENOSPC, 9 };
	uint32_t i = harness_below(&luck, b->nb + 1);
	struct rtls_tls_event ev = {
		.type = types[harness_below(&luck, HARNESS_COUNT(types))],
		.status = statuses[harness_below(&luck, HARNESS_COUNT(statuses))],
		.seq = harness_below(&luck, UINT32_MAX),
		.len = harness_below(&luck, UINT32_MAX),
	};

	if (b->nb > 4 && harness_below(&luck, 2) == 0)
		i = b->nb - 1 - harness_below(&luck, 4);
	if (i < b->nb) {
		ev.ctx = b->added[i].ctx;
		ev.cookie = b->added[i].cookie ^ (harness_below(&luck, 8) == 0);
		if (ev.type == RTLS_TLS_EV_DEL_DONE && b->added[i].deleted)
			ev.type = RTLS_TLS_EV_LOST;
	} else {
		ev.ctx.index = harness_below(&luck, 20);
		ev.cookie = harness_below(&luck, UINT32_MAX);
	}
	return ev;
}

static unsigned int
bad_poll(void *dev, uint16_t queue, struct rtls_tls_event *ev, unsigned int n)
{
	struct bad *b = dev;
	unsigned int got = b->real->poll_events(b->dev, queue, ev, n - 2);

	if (!strikes(b->lies_in))
		return got;
	ev[got] = a_lie(b);
	if (harness_below(&luck, 2) == 0)
		ev[got + 1] = ev[got];
	else
		ev[got + 1] = a_lie(b);
	return got + 2;
}

static void
make_bad(int i)
{
	struct bad *b = &bads[i];
	struct offload_device *tls = &p.port[i]->tls;
	struct rte_security_ctx *sec = tls->sec_ctx;

	*b = (struct bad){ .real = tls->ops, .dev = tls->dev, .ops = *tls->ops };
	b->lies_in = harness_below(&luck, 2) == 0 ? 2 + harness_below(&luck, 100) : 0;
	b->refuses_in = harness_below(&luck, 3) == 0 ? 2 + harness_below(&luck, 30) : 0;
	b->ops.caps = bad_caps;
	b->ops.add = bad_add;
	b->ops.start = bad_start;
	b->ops.del = bad_del;
	if (b->real->tx_resync != NULL)
		b->ops.tx_resync = bad_resync;
	if (b->real->rx_resync != NULL)
		b->ops.rx_resync = bad_rx_resync;
	b->ops.poll_events = bad_poll;
	b->real_sec = sec->ops;
	b->sec = *sec->ops;
	b->sec.set_pkt_metadata = bad_mark;
	sec->ops = &b->sec;
	tls->ops = &b->ops;
	tls->dev = b;
}

static bool
waits(int i, enum rtls_dir d)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(k[i], d, &info), 0);
	return info.wish == RTLS_MODE_NIC && info.mode != RTLS_MODE_NIC;
}

/* A program that waits for a mode looks when it is told to, and not before. */
static void
look(int i)
{
	if ((pair_bits(&p, i, k[i]) & RTLS_MODE) == 0)
		return;
	for (int d = RTLS_TX; d <= RTLS_RX; d++)
		promised[i][d] = promised[i][d] && waits(i, d);
}

/* A program that does not know what it wants. */
static void
switch_modes(int i)
{
	enum rtls_dir d = harness_below(&luck, 2) == 0 ? RTLS_TX : RTLS_RX;
	uint32_t times = 1 + harness_below(&luck, harness_below(&luck, 20) == 0 ? 300 : 2);
	int rc;

	if (harness_below(&luck, 4) == 0)
		(void)rtls_port_features(p.port[i], RTLS_FEATURE_TLS_TX | RTLS_FEATURE_TLS_RX, 0);
	while (times-- > 0) {
		rc = rtls_set_mode(
			k[i], d, harness_below(&luck, 3) == 0 ? RTLS_MODE_SOFTWARE : RTLS_MODE_NIC);
		CU_ASSERT_FATAL(rc == 0 || rc == -EINPROGRESS || rc == -ENOSPC || rc == -ENOTSUP ||
				rc == -EPERM || rc == -EIO);
		promised[i][d] = rc == -EINPROGRESS;
		switches++;
	}
}

static void
on_frame(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	(void)arg;
	(void)now_us;
	rough_wire_sent(&ways[dir].wire, bytes, len);
}

/* That the key changes: in a record of its own, in two, or behind another message, as no device knows. */
static void
announce(int i)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	struct way *w = &ways[i];
	uint8_t bytes[4 + 60 + sizeof(update)] = { 4, 0, 0, 60 };
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };
	uint32_t kind = w->cut ? 0 : harness_below(&luck, 3);

	memcpy(bytes + sizeof(bytes) - sizeof(update), update, sizeof(update));
	if (kind == 0)
		iov = (struct iovec){ bytes + 64, sizeof(update) };
	else if (kind == 1)
		iov = (struct iovec){ bytes + 64, 3 };
	if (w->cut)
		iov = (struct iovec){ bytes + 64 + 3, 2 };
	if (rtls_sendmsg(k[i], &m, 0) != (ssize_t)iov.iov_len)
		return;
	w->cut = kind == 1;
	w->announced += !w->cut;
}

static bool
write_keys(int i)
{
	struct way *w = &ways[i];
	struct rtls_keys keys = rough_keys(i, w->tx_epoch + 1);

	if (w->announced == w->tx_epoch)
		return false;
	if (rtls_set_keys(k[i], RTLS_TX, &keys) == 0)
		w->tx_epoch++;
	return true;
}

static void
write_some(int i)
{
	static uint8_t buf[IO_MAX];
	struct way *w = &ways[i];
	uint32_t len;
	ssize_t n;

	if (write_keys(i))
		return;
	if (w->sent >= TOTAL)
		return;
	if (w->cut || harness_below(&luck, 40) == 0) {
		announce(i);
		return;
	}
	len = 1 + harness_below(&luck, harness_below(&luck, 2) == 0 ? 300 : IO_MAX);
	len = (uint32_t)RTE_MIN((uint64_t)len, TOTAL - w->sent);
	pair_fill(buf, w->sent + (uint64_t)i * 77777, len);
	n = rtls_send(k[i], buf, len,
		      w->sent + len < TOTAL && harness_below(&luck, 3) == 0 ? RTLS_MSG_MORE : 0);
	if (n > 0)
		w->sent += (uint64_t)n;
	else
		CU_ASSERT_FATAL(n == -EAGAIN || n == -ENOMEM);
}

static void
read_some(int from)
{
	static uint8_t buf[IO_MAX];
	struct way *w = &ways[from];
	int at = 1 - from;
	uint32_t len = 1 + harness_below(&luck, harness_below(&luck, 2) == 0 ? 200 : IO_MAX);
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	bool peek = harness_below(&luck, 4) == 0;
	struct rtls_keys keys;
	ssize_t n = rtls_recvmsg(k[at], &m, peek ? RTLS_MSG_PEEK : 0);

	if (n == -EAGAIN || n == -ENOMEM)
		return;
	if (n == -EKEYEXPIRED) {
		keys = rough_keys(from, w->rx_epoch + 1);
		if (rtls_set_keys(k[at], RTLS_RX, &keys) == 0)
			w->rx_epoch++;
		return;
	}
	if (n <= 0)
		printf("# end %d epoch %u got %zd\n", at, w->rx_epoch, n);
	CU_ASSERT_FATAL(n > 0);
	if (m.type == RTLS_TYPE_HANDSHAKE)
		return;
	CU_ASSERT_FATAL(pair_matches(buf, w->received + (uint64_t)from * 77777, (size_t)n));
	if (!peek)
		w->received += (uint64_t)n;
}

static bool
connected(void *arg)
{
	(void)arg;
	return pair_info(k[0]).state == RTLS_SOCK_OPEN &&
	       (k[1] != NULL || rtls_accept_burst(p.listener, &k[1], 1) == 1);
}

static void
begin(void)
{
	struct rtls_addr local = pair_addr(0, 0), remote = pair_addr(1, PAIR_PORT);
	struct rtls_tlsnic_conf nic[2];
	struct rtls_keys keys;
	struct pair_conf c;

	rough_draw(&luck, &c, nic);
	c.tap = on_frame;
	for (int i = 0; i < 2; i++) {
		ways[i] = (struct way){ 0 };
		rough_wire_init(&ways[i].wire);
	}
	k[0] = k[1] = NULL;
	pair_init(&p, &c);
	for (int i = 0; i < 2; i++) {
		make_bad(i);
		flaky_init(&crypto[i]);
		p.stack[i]->session.provider = &crypto[i].provider;
	}
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], &local, &remote, &k[0]), 0);
	CU_ASSERT_FATAL(pair_until(&p, connected, NULL, UINT64_C(100000000)));
	for (int i = 0; i < 2; i++) {
		keys = rough_keys(i, 1);
		pair_set_keys(k, i, &keys);
		ways[i].tx_epoch = ways[i].rx_epoch = ways[i].announced = 1;
		CU_ASSERT_EQUAL(rtls_sock_set(k[i], RTLS_OPT_KEY_UPDATES_PER_S, 0), 0);
		CU_ASSERT_EQUAL(rtls_sock_watch(k[i], RTLS_MODE, NULL), 0);
		promised[i][RTLS_TX] = promised[i][RTLS_RX] = false;
	}
}

static void
end(bool early)
{
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(pair_stat(&p, i, "tx_tls_drop_no_sync_data"), 0);
		CU_ASSERT_EQUAL(pair_stat(&p, i, "tx_tls_drop_bypass_req"), 0);
		CU_ASSERT_EQUAL(pair_port_stat(&p, i, "tx_tls_drop_no_sync_data"), 0);
		CU_ASSERT_EQUAL(pair_port_stat(&p, i, "tx_tls_drop_bypass_req"), 0);
		rekeys += pair_stat(&p, i, "TlsTxRekeyOk");
		mixed += pair_stat(&p, i, "RxRecordsMixed");
		fallback += pair_stat(&p, i, "TxRecordsFallback");
	}
	for (int i = 0; i < 2; i++) {
		bool aborts = early && harness_below(&luck, 2) == 0;

		CU_ASSERT_EQUAL(aborts ? rtls_abort(k[i]) : rtls_close(k[i]), 0);
	}
	pair_fini(&p);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(crypto[i].keys, 0);
		rough_wire_fini(&ways[i].wire);
	}
}

/* Both NICs tell the truth from now on, and nothing is under way: nobody waits, and was told so. */
static void
settle(void)
{
	for (int i = 0; i < 2; i++)
		bads[i].lies_in = bads[i].refuses_in = 0;
	for (int turn = 0; turn < 20; turn++) {
		pair_pass(&p, 1000000);
		for (int poll = 0; poll < 10; poll++)
			pair_turn(&p);
		for (int i = 0; i < 2; i++) {
			crypto[i].no_keys = false;
			write_keys(i);
			read_some(i);
			look(i);
		}
	}
	for (int i = 0; i < 2; i++)
		for (int d = RTLS_TX; d <= RTLS_RX; d++)
			CU_ASSERT_FALSE(promised[i][d] || waits(i, d));
}

static void
play(void)
{
	uint64_t stop = UINT64_MAX;
	uint32_t switches_in;
	int turn;

	begin();
	switches_in = 2 + harness_below(&luck, 200);
	/* Some are aborted, or closed, in the middle. */
	if (harness_below(&luck, 3) == 0)
		stop = 1 + harness_below(&luck, TOTAL);
	for (turn = 0; turn < TURNS; turn++) {
		if ((ways[0].received == TOTAL && ways[1].received == TOTAL) ||
		    ways[0].received >= stop)
			break;
		for (int i = 0; i < 2; i++) {
			crypto[i].no_keys = bads[i].refuses_in != 0 && strikes(4);
			look(i);
			if (strikes(switches_in))
				switch_modes(i);
			if (harness_below(&luck, 3) == 0)
				write_some(i);
			if (harness_below(&luck, 3) == 0)
				read_some(i);
		}
		if (!pair_turn(&p))
			p.now_us += 100;
	}
	CU_ASSERT(turn < TURNS);
	if (stop == UINT64_MAX)
		settle();
	end(stop != UINT64_MAX);
}

static void
test_chaos(void)
{
	uint64_t seed = harness_seed();

	for (uint64_t i = 0; i < (harness_full() ? 300 : 30); i++) {
		luck = seed + i;
		play();
	}
	CU_ASSERT(rekeys > 0 && mixed > 0 && fallback > 0 && switches > 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "any mode, under any key, by NICs that lie", test_chaos },
	};

	if (eal_start("mode-chaos") != 0)
		return EXIT_FAILURE;
	return harness_run("nic/mode-chaos", cases, HARNESS_COUNT(cases));
}
