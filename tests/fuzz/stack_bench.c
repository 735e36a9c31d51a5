/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/stack_bench.h"

#include <string.h>

#include <recordtls/tlsnic.h>

#include "fuzz/finding.h"
#include "tlsnic/nic.h"

enum {
	START_US = 1000000,
	TIME_WAIT_US = 2000000,
	END_STEP_US = 70000000,
	END_STEPS = 40,
};

static const struct rtls_addr own = { .family = RTLS_IPV4, .ip = { 10, 0, 0, 1 } };

void
bench_open(struct bench *b, const char *name, uint64_t rx_room, const struct rtls_tlsnic_conf *nic)
{
	const struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.name = name,
		.max_socks = BENCH_SOCKS,
		.max_time_wait = 4,
		.max_syn = 8,
		.nb_packets = 255,
		.nb_small = 63,
		.nb_medium = 63,
		.nb_large = 31,
		.sndbuf = 1 << 16,
		.rcvbuf = 1 << 16,
		.time_wait_us = TIME_WAIT_US,
		.secret = { 1, 2, 3 },
	};
	char tap_name[32];

	snprintf(tap_name, sizeof(tap_name), "%.20s-tap", name);
	b->tap = tap_port_create(tap_name, rx_room);
	b->port = &b->tap->port;
	if ((nic != NULL && rtls_tlsnic_open(&b->tap->port, nic, &b->port) != 0) ||
	    rtls_stack_create(&conf, &b->stack) != 0 ||
	    rtls_stack_bind(b->stack, b->port, 0) != 0 ||
	    rtls_addr_add(b->stack, b->port, &own, 24) != 0)
		fuzz_finding("no stack");
	b->nic = nic != NULL ? (struct tlsnic *)b->port : NULL;
	b->pool_baseline = buf_pools_in_use(&b->stack->pools);
	for (int i = 0; i < BENCH_PEERS; i++) {
		b->peers[i].bytes = malloc(BENCH_SENT_MAX);
		if (b->peers[i].bytes == NULL)
			fuzz_finding("no memory");
	}
}

void
bench_close(struct bench *b)
{
	if (rtls_stack_destroy(b->stack) != 0 || rtls_port_close(b->port) != 0)
		fuzz_finding("a stack that cannot be ended");
}

/* --- as good as new ------------------------------------------------------------------ */

/* The tables hold nothing (bench_end): made again, they hold it in the same order, too. */
static void
reset_tables(struct rtls_stack *s)
{
	static const uint8_t key[16] = { 7 };
	struct netif *b = &s->netifs[0];

	s->flows = flow_table_init(s->flows_mem, flow_table_size(s->conf.max_socks),
				   s->conf.max_socks, key);
	s->syncache = tcp_syncache_init(s->syncache_mem, tcp_syncache_size(s->conf.max_syn),
					s->conf.max_syn, key);
	s->timewait = tcp_timewait_init(s->timewait_mem, tcp_timewait_size(s->conf.max_time_wait),
					s->conf.max_time_wait, key);
	arp_table_init(&b->arp, b->arp_entries, NETIF_ARP_ENTRIES, key);
	answer_limit_init(&s->answers, s->answer_remotes, STACK_ANSWER_REMOTES,
			  s->conf.answers_per_remote, s->conf.answers_per_stack, key);
	b->refused_since_us = UINT64_MAX;
}

static void
reset_stack(struct rtls_stack *s)
{
	memset(s->socks, 0, sizeof(*s->socks) * s->conf.max_socks);
	TAILQ_INIT(&s->free_list);
	for (uint32_t i = 0; i < s->conf.max_socks; i++)
		TAILQ_INSERT_TAIL(&s->free_list, &s->socks[i], link);
	TAILQ_INIT(&s->tx_list);
	TAILQ_INIT(&s->ready_list);
	TAILQ_INIT(&s->starved_list);
	TAILQ_INIT(&s->path_list);
	memset(s->counters, 0, sizeof(s->counters));
	s->relieve_us = 0;
	memset(&s->room, 0, sizeof(s->room));
	s->pressure_next = 0;
	s->short_us = 0;
	s->short_by = NULL;
	s->no_sock = false;
	s->no_room = false;
	s->no_room_by = NULL;
	memset(&s->reclaim, 0, sizeof(s->reclaim));
	local_ports_init(&s->ports, s->secret);
	s->clock_started = false;
	s->now_us = 0;
	reset_tables(s);
}

static void
reset_peer(struct bench_peer *p, uint16_t port)
{
	static const struct sealed *sealed;

	if (sealed == NULL)
		sealed = sealed_make();
	p->sock = NULL;
	p->ours = false;
	p->port = port;
	p->local_port = BENCH_PORT;
	p->isn = 0;
	p->wscale = 0;
	p->end = 0;
	p->tx_tls = false;
	p->accepted = p->sealed = p->seen = 0;
	p->tx_base = UINT64_MAX;
	p->syn_edge = 0;
	receiver_reset(&p->rcv);
	reading_reset(&p->reading, sealed);
}

void
bench_reset(struct bench *b, bool known)
{
	uint8_t frame[WIRE_FRAME_MAX];

	reset_stack(b->stack);
	memset(&b->watch, 0, sizeof(b->watch));
	for (uint16_t i = 0; i < BENCH_PEERS; i++)
		reset_peer(&b->peers[i], (uint16_t)(BENCH_PEER_PORT + i));
	b->listener = NULL;
	b->now_us = START_US;
	b->dropped = b->held_dropped = b->data_dropped = 0;
	b->nb_in = b->frames = b->tap->nb_sent = 0;
	b->tap->takes = UINT32_MAX;
	bench_poll(b, 0);
	if (known)
		bench_inject(b, frame, wire_arp(false, 2, WIRE_IP_PEER, frame), 0);
	bench_poll(b, 1000);
}

static bool
nic_idle(const struct tlsnic *nic)
{
	return nic == NULL || (nic->contexts.nb_free == nic->contexts.max &&
			       rte_mempool_in_use_count(nic->tx_pool) == 0 &&
			       rte_mempool_in_use_count(nic->rx_pool) == 0);
}

static bool
all_back(const struct bench *b)
{
	const struct rtls_stack *s = b->stack;

	return s->socks_in_use == 0 && nic_idle(b->nic) &&
	       buf_pools_in_use(&s->pools) == b->pool_baseline &&
	       rte_mempool_in_use_count(b->tap->pool) == 0 &&
	       tcp_timewait_count(s->timewait) == 0 && tcp_syncache_count(s->syncache) == 0;
}

void
bench_end(struct bench *b)
{
	b->tap->takes = UINT32_MAX;
	for (int i = 0; i < BENCH_PEERS; i++)
		if (b->peers[i].ours)
			rtls_close(b->peers[i].sock);
	if (b->listener != NULL)
		rtls_close(b->listener);
	for (int i = 0; i < BENCH_PEERS; i++) {
		b->peers[i].sock = NULL;
		b->peers[i].rcv.on = false;
	}
	for (int i = 0; i < END_STEPS && !all_back(b); i++)
		bench_poll(b, i == 0 ? 0 : END_STEP_US);
	if (!all_back(b))
		fuzz_finding("left behind: %u sockets, %u buffers, %u received packets",
			     b->stack->socks_in_use,
			     buf_pools_in_use(&b->stack->pools) - b->pool_baseline,
			     rte_mempool_in_use_count(b->tap->pool));
}
