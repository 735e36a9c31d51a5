/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/stack_ops.h"

#include "fuzz/finding.h"

enum { SETTLE_US = 50000 };

static void
listen_again(struct bench *b)
{
	const struct rtls_listen_conf conf = { .size = sizeof(conf), .backlog = 2 };
	const struct rtls_addr any = { .family = RTLS_IPV4, .port = BENCH_PORT };

	if (b->listener == NULL && rtls_listen(b->stack, &any, &conf, &b->listener) != 0)
		b->listener = NULL; /* no socket is left */
}

static void
accept_all(struct bench *b)
{
	struct rtls_sock *k;

	while (b->listener != NULL && rtls_accept_burst(b->listener, &k, 1) == 1) {
		struct bench_peer *p = NULL;

		for (int i = 0; i < BENCH_PEERS; i++)
			if (b->peers[i].sock == k && b->peers[i].rcv.on && !b->peers[i].ours)
				p = &b->peers[i];
		if (p != NULL)
			p->ours = true;
		else
			rtls_abort(k);
	}
}

static bool
connect_peer(struct bench *b, struct bench_peer *p)
{
	struct rtls_addr remote = { .family = RTLS_IPV4, .port = p->port, .ip = { 10, 0, 0, 2 } };

	if (p->sock != NULL || rtls_connect(b->stack, NULL, &remote, &p->sock) != 0)
		return false;
	p->ours = true;
	p->local_port = p->sock->tuple.local_port;
	return true;
}

/* A connection from scratch. */
static void
open_peer(struct bench *b, struct bench_peer *p, uint8_t how)
{
	bool active = how & 1;

	if (p->sock != NULL || (active && !connect_peer(b, p)))
		return;
	if (!active) {
		listen_again(b);
		p->local_port = BENCH_PORT;
	}
	p->end = p->accepted = p->sealed = p->seen = 0;
	p->tx_tls = false;
	p->tx_base = UINT64_MAX;
	receiver_reset(&p->rcv);
	reading_reset(&p->reading, p->reading.sealed);
	stack_ops_open(b, p, active, how >> 1);
	if (!active)
		accept_all(b);
}

static void
other_frame(struct bench *b, struct fuzz_in *in)
{
	uint8_t c = fuzz_u8(in), frame[WIRE_FRAME_MAX];
	uint32_t len = c % 3 == 2 ? wire_echo(c & 16 ? 8 : 3, fuzz_u8(in) * 5, frame) :
				    wire_arp(c % 3 == 1, c & 8 ? 3 : 2,
					     WIRE_IP_PEER + (c & 32 ? fuzz_u8(in) : 0), frame);

	if (c & 64)
		frame[fuzz_u8(in) % len] ^= fuzz_u8(in);
	bench_inject(b, frame, len, c & 128 ? fuzz_u8(in) : 0);
}

static void
time_step(struct bench *b, struct fuzz_in *in)
{
	static const uint64_t unit[] = { 10, 1000, 20000, 1000000, 30000000 };
	uint8_t c = fuzz_u8(in);

	bench_poll(b, unit[c % RTE_DIM(unit)] * (1 + c / RTE_DIM(unit)));
}

static void
listener_op(struct bench *b, struct fuzz_in *in)
{
	switch (fuzz_u8(in) % 4) {
	case 0:
		accept_all(b);
		break;
	case 1:
		listen_again(b);
		break;
	case 2:
		if (b->listener != NULL)
			rtls_close(b->listener);
		b->listener = NULL;
		break;
	default:
		if (b->nic != NULL) /* it keeps what its port does not take */
			break;
		b->tap->takes = fuzz_u8(in) % 8; /* until the next turn of the port */
		bench_poll(b, 0);
		b->tap->takes = UINT32_MAX;
		break;
	}
	bench_check(b);
}

static void
operation(struct bench *b, struct fuzz_in *in)
{
	uint8_t op = fuzz_u8(in);
	struct bench_peer *p = &b->peers[op >> 7];

	switch (op % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
		stack_ops_segment(b, p, in);
		break;
	case 7:
	case 8:
	case 9:
		stack_ops_call(b, p, in);
		break;
	case 10:
	case 11:
		bench_poll(b, 10);
		break;
	case 12:
		time_step(b, in);
		break;
	case 13:
		other_frame(b, in);
		break;
	case 14:
		open_peer(b, p, fuzz_u8(in));
		break;
	default:
		listener_op(b, in);
		break;
	}
}

/* Keys of the sealed stream from the first byte on. */
static void
start_keys(struct bench_peer *p)
{
	struct rtls_keys keys = sealed_keys(0);

	if (p->ours && rtls_set_keys(p->sock, RTLS_RX, &keys) == 0)
		reading_keys(&p->reading, 0);
}

/* All records that were on the wire are the program's bytes, sealed. */
static void
check_sealed(const struct bench_peer *p)
{
	static uint8_t inner[1 << 15];
	uint64_t off = p->tx_base, rec_no = 0, plain = 0;
	uint32_t len, n;

	for (; p->tx_tls && off + SEALED_HDR <= p->seen; off += len) {
		const uint8_t *rec = p->bytes + off;

		len = SEALED_HDR + ((uint32_t)rec[3] << 8 | rec[4]);
		if (rec[0] != 23 || rec[1] != 3 || rec[2] != 3 || len > sizeof(inner) ||
		    len < SEALED_HDR + SEALED_TAG + 1)
			fuzz_finding("what is on the wire is no record");
		if (off + len > p->seen)
			return;
		if (!sealed_open(8, rec_no++, rec, len, inner))
			fuzz_finding("a record on the wire cannot be opened");
		n = len - SEALED_HDR - SEALED_TAG - 1;
		for (uint32_t i = 0; inner[n] == SEALED_DATA && i < n; i++)
			if (plain >= p->sealed || inner[i] != bench_byte(plain++))
				fuzz_finding("a record holds what the program did not send");
	}
}

void
stack_ops_run(struct bench *b, struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in), keys = fuzz_u8(in);
	uint32_t n;

	bench_reset(b, (keys & 64) == 0);
	b->tap->marks_sums = keys & 128;
	open_peer(b, &b->peers[0], how);
	if (keys & 1)
		start_keys(&b->peers[0]);
	for (n = 0; in->left > 0 && n < STACK_OPS_MAX; n++)
		operation(b, in);
	bench_poll(b, SETTLE_US);
	for (int i = 0; i < BENCH_PEERS; i++)
		check_sealed(&b->peers[i]);
	bench_end(b);
}
