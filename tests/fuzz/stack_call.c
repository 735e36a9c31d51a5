/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/stack_ops.h"

#include <string.h>

#include "fuzz/finding.h"
#include "tcp/query.h"

enum { IO_MAX = 20000 };

static uint8_t buf[IO_MAX];

static uint32_t
read_size(struct fuzz_in *in)
{
	uint32_t c = fuzz_u8(in);

	return c < 200 ? c : (c - 199) * 350;
}

static void
receive(struct bench_peer *p, struct fuzz_in *in, bool typed)
{
	uint8_t how = fuzz_u8(in);
	struct iovec iov[2] = { { buf, read_size(in) }, { NULL, 0 } };
	struct rtls_msg m = { .iov = iov, .iovlen = 2 };
	int flags = how & 1 ? RTLS_MSG_PEEK : 0;
	struct reading_call c = { .buf = buf, .len = iov[0].iov_len, .peek = how & 1 };
	const char *why;

	memset(buf, 0xee, sizeof(buf));
	if (typed) {
		/* In two pieces that follow each other. */
		iov[1].iov_base = buf + iov[0].iov_len / 2;
		iov[1].iov_len = iov[0].iov_len - iov[0].iov_len / 2;
		iov[0].iov_len /= 2;
		c.n = rtls_recvmsg(p->sock, &m, flags);
		c.type = m.type;
	} else {
		c.n = rtls_recv(p->sock, buf, c.len, flags);
	}
	c.closed = p->sock->tcp.state == TCP_CLOSED;
	/* What a connection held that was given up for want of memory is gone. */
	if (p->sock->end_reason == RTLS_REASON_NO_MEMORY)
		return;
	why = reading_check(&p->reading, &p->rcv, &c);
	if (why != NULL)
		fuzz_finding("recv of %zu gave %zd: %s", c.len, c.n, why);
}

static void
send_bytes(struct bench_peer *p, struct fuzz_in *in)
{
	uint32_t how = fuzz_u8(in), len = read_size(in);
	uint64_t *at = p->tx_tls ? &p->sealed : &p->accepted;
	ssize_t n;

	if (p->accepted + p->sealed + 2 * len > BENCH_SENT_MAX / 2)
		return;
	for (uint32_t i = 0; i < len; i++)
		buf[i] = bench_byte(*at + i);
	n = rtls_send(p->sock, buf, len, how & 1 ? RTLS_MSG_MORE : 0);
	if (n > (ssize_t)len)
		fuzz_finding("more was sent than there is");
	if (n > 0)
		*at += (uint64_t)n;
}

static void
send_typed(struct bench_peer *p, struct fuzz_in *in)
{
	uint8_t text[4] = { 1, 90, 0, 0 };
	struct iovec iov = { text, fuzz_u8(in) % (sizeof(text) + 1) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = fuzz_u8(in) };

	/* Data would have to be the pattern. */
	if (m.type == 0 || m.type == RTLS_TYPE_DATA)
		m.type = RTLS_TYPE_ALERT;
	if (rtls_sendmsg(p->sock, &m, 0) >= 0 && !p->tx_tls)
		fuzz_finding("a control message without keys");
}

/* Of the sealed stream, or others; the same in both directions. */
static void
set_keys(struct bench_peer *p, struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	int key = how / 2 % 4;
	bool rx = (how & 1) == 0;
	struct rtls_keys keys = sealed_keys(rx ? (unsigned int)key : 8u + (unsigned int)key);

	if (rx && how < 128 && p->reading.tls)
		keys = sealed_keys((unsigned int)(key = p->reading.key + 1));
	if (!rx && p->tx_tls) /* one key, so that it can be opened */
		return;
	if (!rx)
		keys = sealed_keys(8);
	if (rtls_set_keys(p->sock, rx ? RTLS_RX : RTLS_TX, &keys) != 0)
		return;
	if (rx) {
		reading_keys(&p->reading, key < SEALED_KEYS ? key : -1);
	} else {
		p->tx_tls = true;
		p->tx_base = p->accepted;
	}
}

static void
set_option(struct rtls_sock *k, struct fuzz_in *in)
{
	static const struct {
		enum rtls_opt opt;
		uint32_t least, most;
	} opts[] = {
		{ RTLS_OPT_SNDBUF, 1000, 100000 },
		{ RTLS_OPT_RCVBUF, 30000, 130000 },
		{ RTLS_OPT_MAX_PAYLOAD, 60, 16400 },
		{ RTLS_OPT_USER_TIMEOUT_US, 0, 300000000 },
		{ RTLS_OPT_MAX_SEG, 0, 1500 },
		{ RTLS_OPT_KEEPALIVE_IDLE_US, 0, 100000000 },
		{ RTLS_OPT_KEEPALIVE_INTERVAL_US, 0, 100000000 },
		{ RTLS_OPT_KEEPALIVE_PROBES, 0, 9 },
	};
	uint32_t i = fuzz_u8(in) % RTE_DIM(opts), v = fuzz_u16(in);

	rtls_sock_set(k, opts[i].opt,
		      opts[i].least + (uint64_t)(opts[i].most - opts[i].least) * v / UINT16_MAX);
}

static void
ask(struct bench *b, struct bench_peer *p, struct fuzz_in *in)
{
	struct rtls_event ev[4];
	struct rtls_sock_info info = { .size = sizeof(info) };
	struct rtls_sock_stats stats = { .size = sizeof(stats) };

	rtls_sock_watch(p->sock, fuzz_u8(in), p);
	rtls_sock_info(p->sock, &info);
	rtls_sock_stats(p->sock, &stats);
	if (rtls_events(b->stack, ev, RTE_DIM(ev)) > RTE_DIM(ev))
		fuzz_finding("more events than asked for");
}

/* Takes the handle. */
static void
give_up(struct bench_peer *p, bool abort_it)
{
	struct rtls_sock *k = p->sock;

	p->ours = false;
	if (abort_it || tcp_is_closed(&k->tcp) || tcp_is_connecting(&k->tcp)) {
		p->sock = NULL;
		p->rcv.on = false;
	}
	if (abort_it)
		rtls_abort(k);
	else
		rtls_close(k);
}

void
stack_ops_call(struct bench *b, struct bench_peer *p, struct fuzz_in *in)
{
	uint8_t c = fuzz_u8(in) % 16;

	if (!p->ours)
		return;
	if (c < 4)
		receive(p, in, c % 2 != 0);
	else if (c < 8)
		send_bytes(p, in);
	else if (c == 8)
		send_typed(p, in);
	else if (c < 11)
		set_keys(p, in);
	else if (c == 11)
		set_option(p->sock, in);
	else if (c == 12)
		ask(b, p, in);
	else if (c == 13)
		rtls_shutdown(p->sock, RTLS_SHUT_WR);
	else
		give_up(p, c == 15);
	bench_check(b);
}
