/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/grid.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include <recordtls/recordtls.h>

#include "support/cable.h"
#include "support/harness.h"
#include "support/pattern.h"

enum {
	FRAME = 1514,
	PORT = 5001,
	SHALLOW = 20,
	DEEP = 100,
	QUEUE_MAX = 4096,
	STALL_US = 300000000, /* no byte for so long: whatever is lost, TCP asks again sooner */
	BUFFER = 4 << 20,
	READ = 1 << 16,
	TURNS_MAX = 50000000,
	LINGER_TURNS = 100000,
};

struct flow {
	struct rtls_sock *out;
	struct rtls_sock *in;
	uint64_t sent;
	uint64_t received;
	bool shut;
	bool ended; /* all has come, and the end of it */
};

struct grid {
	const struct grid_cell *cell;
	struct grid_result *result;
	struct cable *cable;
	struct rtls_stack *stack[2];
	struct rtls_sock *listener;
	struct flow flow[GRID_FLOWS_MAX];
	unsigned int accepted;
	uint64_t now_us;
	uint64_t start_us;
	uint64_t progress_us; /* of the newest byte that was read */
	uint8_t buf[READ];
};

static void
complain(struct grid *g, const char *fmt, ...)
{
	va_list ap;

	if (g->result->error[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(g->result->error, sizeof(g->result->error), fmt, ap);
	va_end(ap);
}

static bool
failed(const struct grid *g)
{
	return g->result->error[0] != '\0';
}

static struct rtls_addr
address(int end, uint16_t port)
{
	return (struct rtls_addr){
		.family = RTLS_IPV4,
		.port = port,
		.ip = { 192, 0, 2, (uint8_t)(end + 1) },
	};
}

/* --- the path ------------------------------------------------------------------ */

static uint32_t
queue_frames(const struct grid_cell *c)
{
	uint64_t bdp = (uint64_t)GRID_BITS_PER_S / 8 * c->rtt_ms / 1000 / FRAME;

	switch (c->queue) {
	case GRID_BDP:
		return (uint32_t)RTE_MIN(RTE_MAX(bdp, (uint64_t)SHALLOW), (uint64_t)QUEUE_MAX);
	case GRID_DEEP:
		return (uint32_t)RTE_MIN(RTE_MAX(4 * bdp, (uint64_t)DEEP), (uint64_t)QUEUE_MAX);
	case GRID_SHALLOW:
	case GRID_QUEUES:
		break;
	}
	return SHALLOW;
}

static void
draw_losses(struct cable_path *p, uint32_t loss_ppm)
{
	if (loss_ppm != GRID_BURSTS) {
		p->loss_ppm = loss_ppm;
		return;
	}
	/* One frame of 80 is in a bad time, of which four of five are lost. */
	p->bad_begins_ppm = CABLE_PPM / 400;
	p->bad_ends_ppm = CABLE_PPM / 5;
	p->bad_loss_ppm = CABLE_PPM / 5 * 4;
}

static void
make_paths(const struct grid_cell *c, struct cable_path path[2])
{
	uint32_t rtt_us = c->rtt_ms * 1000;

	path[0] = path[1] = (struct cable_path){ .delay_us = rtt_us / 2, .spare_arp = true };
	path[0].bits_per_s = GRID_BITS_PER_S;
	path[0].queue_frames = queue_frames(c);
	draw_losses(&path[0], c->loss_ppm);
	path[1].loss_ppm = c->loss_ppm / 4;
	if (c->kind == GRID_REORDER) {
		path[0].reorder_ppm = CABLE_PPM / 50;
		path[0].reorder_us = rtt_us / 4;
	}
	if (c->kind == GRID_JITTER || c->kind == GRID_IN_ORDER) {
		path[0].delay_us = rtt_us * 2 / 5;
		path[0].jitter_us = rtt_us / 5;
		path[0].in_order = c->kind == GRID_IN_ORDER;
	}
}

/* --- life ---------------------------------------------------------------------- */

static int
make_stack(struct grid *g, int end, const char *name, uint64_t seed)
{
	struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.socket_id = SOCKET_ID_ANY,
		.name = name,
		.max_socks = 8,
		.max_time_wait = 8,
		.max_syn = 8,
		.nb_large = 1024,
		.sndbuf = BUFFER,
		.rcvbuf = BUFFER,
		/* With 30 % lost, patience is all. */
		.user_timeout_us = UINT32_MAX / 2,
	};
	struct rtls_addr ip = address(end, 0);
	int rc;

	for (size_t i = 0; i < sizeof(conf.secret); i++)
		conf.secret[i] = (uint8_t)(harness_rand(&seed) | 1);
	rc = rtls_stack_create(&conf, &g->stack[end]);
	if (rc == 0)
		rc = rtls_stack_bind(g->stack[end], cable_port(g->cable, end), 0);
	if (rc == 0)
		rc = rtls_addr_add(g->stack[end], cable_port(g->cable, end), &ip, 24);
	return rc;
}

static int
open_grid(struct grid *g, uint64_t seed)
{
	static unsigned int count;
	struct cable_conf conf = {
		.seed = seed,
		.now_us = g->now_us,
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM | PORT_CAP_RX_CKSUM,
		.tso_max = 65535 - 20 - 60,
		.nb_mbufs = 16383,
	};
	struct rtls_addr listens = address(1, PORT);
	char name[32];
	int rc;

	make_paths(g->cell, conf.path);
	conf.name = name;
	snprintf(name, sizeof(name), "grid%u", ++count);
	rc = cable_create(&conf, &g->cable);
	for (int i = 0; rc == 0 && i < 2; i++) {
		snprintf(name, sizeof(name), "grid%u%c", count, 'a' + i);
		rc = make_stack(g, i, name, seed + (uint64_t)i);
	}
	if (rc == 0)
		rc = rtls_listen(g->stack[1], &listens, NULL, &g->listener);
	for (unsigned int i = 0; rc == 0 && i < g->cell->flows; i++) {
		struct rtls_addr from = address(0, (uint16_t)(40000 + i));

		rc = rtls_connect(g->stack[0], &from, &listens, &g->flow[i].out);
	}
	return rc;
}

static void
close_sock(struct grid *g, struct rtls_sock *sock)
{
	if (sock != NULL && (failed(g) ? rtls_abort(sock) : rtls_close(sock)) != 0)
		complain(g, "a socket was not closed");
}

static void
close_grid(struct grid *g)
{
	for (unsigned int i = 0; i < g->cell->flows; i++) {
		close_sock(g, g->flow[i].out);
		close_sock(g, g->flow[i].in);
	}
	close_sock(g, g->listener);
	for (int i = 0; i < 2; i++) {
		int rc = -EAGAIN;

		for (int turn = 0; g->stack[i] != NULL && rc == -EAGAIN && turn < LINGER_TURNS;
		     turn++) {
			rtls_stack_poll(g->stack[i], ++g->now_us);
			rc = rtls_stack_destroy(g->stack[i]);
		}
		if (g->stack[i] != NULL && rc != 0)
			complain(g, "rtls_stack_destroy gave %d", rc);
		if (g->cable != NULL)
			rtls_port_close(cable_port(g->cable, i));
	}
	cable_destroy(g->cable);
}

/* --- what the programs do ------------------------------------------------------ */

static bool
send_some(struct grid *g, struct flow *f)
{
	bool did = false;

	while (!f->shut) {
		size_t len;
		const void *from = pattern_at(f->sent, &len);
		ssize_t n = rtls_send(f->out, from, RTE_MIN(len, g->cell->bytes - f->sent), 0);

		if (n == -EAGAIN || n == -ENOMEM || n == -ENOTCONN)
			return did;
		if (n < 0) {
			complain(g, "rtls_send gave %zd", n);
			return did;
		}
		did = true;
		f->sent += (uint64_t)n;
		if (f->sent == g->cell->bytes) {
			f->shut = true;
			if (rtls_shutdown(f->out, RTLS_SHUT_WR) != 0)
				complain(g, "rtls_shutdown failed");
		}
	}
	return did;
}

static void
check_bytes(struct grid *g, const struct flow *f, size_t n)
{
	size_t len;

	for (size_t done = 0; done < n; done += len) {
		const uint8_t *want = pattern_at(f->received + done, &len);

		len = RTE_MIN(len, n - done);
		if (memcmp(g->buf + done, want, len) != 0)
			complain(g, "other bytes, within %zu from %" PRIu64 " on", len,
				 f->received + done);
	}
}

static bool
receive_some(struct grid *g, struct flow *f)
{
	bool did = false;
	ssize_t n;

	while (!f->ended && !failed(g)) {
		n = rtls_recv(f->in, g->buf, sizeof(g->buf), 0);
		if (n == -EAGAIN || n == -ENOMEM)
			break;
		if (n < 0 || (n == 0 && f->received != g->cell->bytes))
			complain(g, "rtls_recv gave %zd behind %" PRIu64 " bytes", n, f->received);
		f->ended = n == 0;
		if (n > 0) {
			check_bytes(g, f, (size_t)n);
			f->received += (uint64_t)n;
		}
		g->progress_us = g->now_us;
		did = true;
	}
	return did;
}

static bool
programs_step(struct grid *g)
{
	struct rtls_sock *sock;
	bool did = false;

	while (g->accepted < g->cell->flows && rtls_accept_burst(g->listener, &sock, 1) == 1)
		g->flow[g->accepted++].in = sock;
	for (unsigned int i = 0; i < g->cell->flows; i++)
		did = send_some(g, &g->flow[i]) || did;
	for (unsigned int i = 0; i < g->accepted; i++)
		did = receive_some(g, &g->flow[i]) || did;
	return did;
}

/* --- time ---------------------------------------------------------------------- */

static bool
all_ended(const struct grid *g)
{
	for (unsigned int i = 0; i < g->cell->flows; i++)
		if (!g->flow[i].ended)
			return false;
	return true;
}

static void
pass(struct grid *g)
{
	uint64_t next_us = cable_next_us(g->cable);

	for (int i = 0; i < 2; i++)
		next_us = RTE_MIN(next_us, rtls_stack_deadline(g->stack[i]));
	if (next_us > g->progress_us + STALL_US) {
		complain(g, "no byte for %d s: sent %" PRIu64 ", %" PRIu64 " of %" PRIu64,
			 STALL_US / 1000000, g->flow[0].sent, g->flow[0].received, g->cell->bytes);
		return;
	}
	g->now_us = RTE_MAX(next_us, g->now_us + 1);
	cable_set_time(g->cable, g->now_us);
}

static void
turn(struct grid *g)
{
	bool did;

	do {
		did = rtls_stack_poll(g->stack[0], g->now_us) != 0;
		did = rtls_stack_poll(g->stack[1], g->now_us) != 0 || did;
		did = programs_step(g) || did;
	} while (did && !failed(g) && cable_next_us(g->cable) <= g->now_us);
}

/* What the flows have had of the path while all of them wanted it. */
static void
measure_shares(struct grid *g)
{
	uint64_t sum = 0, squares = 0, us = RTE_MAX(g->now_us - g->start_us, UINT64_C(1));

	for (unsigned int i = 0; i < g->cell->flows; i++) {
		uint64_t kib = g->flow[i].received / 1024;

		sum += kib;
		squares += kib * kib;
	}
	g->result->kbit_per_s = sum * 1024 * 8 * 1000 / us;
	if (squares != 0)
		g->result->jain_permille = sum * sum * 1000 / (g->cell->flows * squares);
}

static void
count_segments(struct grid *g)
{
	struct rtls_sock_stats s = { .size = sizeof(s) };

	for (unsigned int i = 0; i < g->cell->flows; i++) {
		if (rtls_sock_stats(g->flow[i].out, &s) != 0)
			continue;
		g->result->segments += s.tx_segments;
		g->result->again += s.retransmissions;
		g->result->timeouts += s.timeouts;
	}
}

static bool
one_ended(const struct grid *g)
{
	for (unsigned int i = 0; i < g->cell->flows; i++)
		if (g->flow[i].ended)
			return true;
	return false;
}

void
grid_play(const struct grid_cell *cell, uint64_t seed, struct grid_result *result)
{
	static struct grid g;
	bool measured = false;
	uint32_t turns = 0;
	int rc;

	*result = (struct grid_result){ .us = 0 };
	g = (struct grid){ .cell = cell, .result = result, .now_us = 1000000 };
	rc = open_grid(&g, seed);
	if (rc != 0)
		complain(&g, "set up: %d", rc);
	g.start_us = g.progress_us = g.now_us;
	while (!failed(&g) && !all_ended(&g)) {
		turn(&g);
		if (!measured && one_ended(&g)) {
			measured = true;
			measure_shares(&g);
		}
		if (!failed(&g) && !all_ended(&g))
			pass(&g);
		if (++turns > TURNS_MAX)
			complain(&g, "livelock");
	}
	result->us = g.now_us - g.start_us;
	count_segments(&g);
	close_grid(&g);
}

void
grid_name(const struct grid_cell *c, char name[GRID_NAME])
{
	static const char *const kinds[] = { "plain", "reorder", "jitter", "inorder" };
	static const char *const queues[] = { "shallow", "bdp", "deep" };
	char loss[24];

	if (c->loss_ppm == GRID_BURSTS)
		snprintf(loss, sizeof(loss), "bursts");
	else
		snprintf(loss, sizeof(loss), "%u.%u%%", c->loss_ppm / 10000,
			 c->loss_ppm / 1000 % 10);
	snprintf(name, GRID_NAME, "%ums-%s-%s-%s%s", c->rtt_ms, loss, kinds[c->kind],
		 queues[c->queue], c->flows > 1 ? "-two" : "");
}
