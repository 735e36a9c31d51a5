/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Key after key in both directions, over TLS NICs on a bad wire, whose contexts are lost in the
 * middle: every byte arrives, what is sent again is the same, nothing is left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/rough.h"
#include "port/port.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

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
	struct rough_wire wire;
};

static struct way ways[2];
static struct pair p;
static struct rtls_sock *k[2];
static uint64_t luck, rekeys, mixed, fallback;

static struct {
	const struct rtls_tls_ops *real;
	struct rtls_tls_ops ops;
	struct {
		struct rtls_tls_handle ctx;
		uint64_t cookie;
	} added[ADDED_MAX];
	uint32_t nb;
	uint32_t lose_in; /* one of so many polls; 0: never */
	uint32_t down_in;
} bad;

static int
bad_add(void *dev, void *session, const struct rtls_tls_flow *flow, uint64_t cookie,
	struct rtls_tls_handle *out)
{
	int rc = bad.real->add(dev, session, flow, cookie, out);

	if ((rc == 0 || rc == -EINPROGRESS) && bad.nb < ADDED_MAX) {
		bad.added[bad.nb].ctx = *out;
		bad.added[bad.nb++].cookie = cookie;
	}
	return rc;
}

static unsigned int
bad_poll(void *dev, uint16_t queue, struct rtls_tls_event *ev, unsigned int n)
{
	unsigned int got = bad.real->poll_events(dev, queue, ev, n - 1);

	if (bad.down_in != 0 && harness_below(&luck, bad.down_in) == 0) {
		ev[got++] = (struct rtls_tls_event){ .type = RTLS_TLS_EV_DOWN };
	} else if (bad.nb > 0 && bad.lose_in != 0 && harness_below(&luck, bad.lose_in) == 0) {
		uint32_t i = harness_below(&luck, bad.nb);

		ev[got++] = (struct rtls_tls_event){ .type = RTLS_TLS_EV_LOST,
						     .ctx = bad.added[i].ctx,
						     .cookie = bad.added[i].cookie };
	}
	return got;
}

static void
on_frame(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	(void)arg;
	(void)now_us;
	rough_wire_sent(&ways[dir].wire, bytes, len);
}

static void
write_some(int i)
{
	static uint8_t buf[IO_MAX];
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)update, .iov_len = sizeof(update) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };
	struct way *w = &ways[i];
	struct rtls_keys keys;
	uint32_t len;
	ssize_t n;

	if (w->announced > w->tx_epoch) {
		keys = rough_keys(i, w->tx_epoch + 1);
		if (rtls_set_keys(k[i], RTLS_TX, &keys) == 0)
			w->tx_epoch++;
		return;
	}
	if (w->sent >= TOTAL)
		return;
	if (harness_below(&luck, 40) == 0) {
		n = rtls_sendmsg(k[i], &m, 0);
		if (n == sizeof(update))
			w->announced++;
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
		keys = rough_keys(from, ++w->rx_epoch);
		CU_ASSERT_EQUAL_FATAL(rtls_set_keys(k[at], RTLS_RX, &keys), 0);
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
	bad.nb = 0;
	bad.lose_in = harness_below(&luck, 3) == 0 ? 20 + harness_below(&luck, 3000) : 0;
	bad.down_in = harness_below(&luck, 5) == 0 ? 300 + harness_below(&luck, 3000) : 0;
	bad.real = p.port[0]->tls.ops;
	bad.ops = *bad.real;
	bad.ops.add = bad_add;
	bad.ops.poll_events = bad_poll;
	p.port[0]->tls.ops = &bad.ops;
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], &local, &remote, &k[0]), 0);
	CU_ASSERT_FATAL(pair_until(&p, connected, NULL, UINT64_C(100000000)));
	for (int i = 0; i < 2; i++) {
		keys = rough_keys(i, 1);
		pair_set_keys(k, i, &keys);
		CU_ASSERT_EQUAL(rtls_sock_set(k[i], RTLS_OPT_KEY_UPDATES_PER_S, 0), 0);
		ways[i].tx_epoch = ways[i].rx_epoch = ways[i].announced = 1;
	}
}

static void
end(bool early)
{
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(pair_stat(&p, i, "tx_tls_drop_no_sync_data"), 0);
		CU_ASSERT_EQUAL(pair_stat(&p, i, "tx_tls_drop_bypass_req"), 0);
		CU_ASSERT_EQUAL(pair_port_stat(&p, i, "tx_tls_drop_no_sync_data"), 0);
		/* Contexts are lost on purpose; a key change costs nobody the NIC. */
		CU_ASSERT_EQUAL(pair_stat(&p, i, "SoftwareRefused"), 0);
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
		rough_wire_fini(&ways[i].wire);
	}
}

static void
play(void)
{
	uint64_t stop = UINT64_MAX;
	int turn;

	begin();
	/* Some are aborted, or closed, in the middle. */
	if (harness_below(&luck, 3) == 0)
		stop = 1 + harness_below(&luck, TOTAL);
	for (turn = 0; turn < TURNS; turn++) {
		if ((ways[0].received == TOTAL && ways[1].received == TOTAL) ||
		    ways[0].received >= stop)
			break;
		for (int i = 0; i < 2; i++) {
			if (harness_below(&luck, 3) == 0)
				write_some(i);
			if (harness_below(&luck, 3) == 0)
				read_some(i);
		}
		if (!pair_turn(&p))
			p.now_us += 100;
	}
	CU_ASSERT(turn < TURNS);
	end(stop != UINT64_MAX);
}

static void
test_keys(void)
{
	uint64_t seed = harness_seed();

	for (uint64_t i = 0; i < (harness_full() ? 300 : 30); i++) {
		luck = seed + i;
		play();
	}
	CU_ASSERT(rekeys > 0 && mixed > 0 && fallback > 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "key after key over bad wires and bad NICs", test_keys },
	};

	if (eal_start("nic-rekey") != 0)
		return EXIT_FAILURE;
	return harness_run("nic/rekey", cases, HARNESS_COUNT(cases));
}
