/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "resync_play.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ether.h>

#include <recordtls/names.h>
#include <recordtls/tlsnic.h>

#include "common/say.h"
#include "inside/path.h"
#include "link.h"
#include "phase.h"
#include "stream.h"

enum {
	HOST,
	FAR,
	NB_MBUFS = 8192,
	HEADERS = 14 + 20 + 32, /* Ethernet, IPv4, TCP with timestamps */
	BITS_PER_NS = 1,        /* of the line */
	RCVBUF = 1 << 20,
	SLICE_BYTES = 1 << 20,
	LEAST_SLICES = 3,
	RECV_BYTES = 64 << 10,
	BURST = 8,
	START_NS = 1000000,
	NEVER_NS = INT32_MAX, /* a turn looks no further: time-outs are microseconds */
};

#define STALL_NS UINT64_C(600000000000)

struct play {
	const struct options *o;
	enum resync_who who;
	struct link link;
	struct path *path;
	struct resync_bound *bound;
	struct rtls_stack *stacks[2];
	struct rtls_sock *socks[2];
	struct rtls_sock *listener;
	uint64_t now_ns;
	uint32_t segment_ns;
	/* The stream. */
	uint64_t sent, received;
	uint32_t filled; /* bytes of out that are to be sent next */
	uint8_t *out, *in, *expected;
	uint64_t start_ns, end_ns;
	uint64_t moved_ns; /* the newest byte */
	/* Cycles of the host since a slice has begun. */
	struct series cycles;
	uint64_t slice_cycles, slice_bytes, slice_interruptions;
	const char *error;
};

static void
fail(struct play *p, const char *what)
{
	if (p->error == NULL)
		p->error = what;
}

/* --- the stream ---------------------------------------------------------------------- */

static bool
send_some(struct play *p)
{
	bool did = false;
	uint32_t len;
	ssize_t n;

	while (p->sent < p->o->bytes) {
		len = (uint32_t)RTE_MIN(p->o->bytes - p->sent, (uint64_t)p->o->size);
		if (p->filled == 0) {
			stream_fill(p->out, p->sent, len);
			p->filled = len;
		}
		n = rtls_send(p->socks[FAR], p->out + len - p->filled, p->filled,
			      p->sent + p->filled < p->o->bytes ? RTLS_MSG_MORE : 0);
		if (n == -EAGAIN || n == -ENOMEM)
			break;
		if (n <= 0) {
			fail(p, "TCP has given the connection up, as too much was lost");
			break;
		}
		p->filled -= (uint32_t)n;
		did = true;
		if (p->filled == 0)
			p->sent += len;
	}
	return did;
}

static void
end_slice(struct play *p)
{
	if (p->slice_bytes < SLICE_BYTES)
		return;
	/* A short run has few: then they count as they are. */
	if (phase_interruptions() == p->slice_interruptions || p->cycles.n < LEAST_SLICES)
		if (!series_add(&p->cycles, (double)p->slice_cycles / (double)p->slice_bytes))
			fail(p, "there is no memory");
	p->slice_cycles = 0;
	p->slice_bytes = 0;
	p->slice_interruptions = phase_interruptions();
}

static void
receive_some(struct play *p)
{
	uint64_t before;
	ssize_t n;

	do {
		before = rte_rdtsc();
		n = rtls_recv(p->socks[HOST], p->in, RECV_BYTES, 0);
		p->slice_cycles += rte_rdtsc() - before;
		if (n <= 0)
			break;
		stream_fill(p->expected, p->received, (uint32_t)n);
		if (memcmp(p->in, p->expected, (size_t)n) != 0)
			fail(p, "the host received other bytes than were sent");
		p->received += (uint64_t)n;
		p->slice_bytes += (uint64_t)n;
		p->moved_ns = p->now_ns;
		end_slice(p);
	} while (p->error == NULL);
	if (n != -EAGAIN && n != -ENOMEM && n <= 0)
		fail(p,
		     n == 0 ? "the far end has closed the connection" : "the host cannot receive");
}

/* --- turns ----------------------------------------------------------------------------- */

static uint64_t
now_us(const struct play *p)
{
	return p->now_ns / 1000;
}

static bool
host_turn(struct play *p)
{
	struct rtls_event ev[BURST];
	uint64_t before = rte_rdtsc(), cycles;
	unsigned int did = rtls_stack_poll(p->stacks[HOST], now_us(p));
	unsigned int n = rtls_events(p->stacks[HOST], ev, BURST);

	cycles = rte_rdtsc() - before;
	if (did != 0 || n != 0)
		p->slice_cycles += cycles;
	for (unsigned int i = 0; i < n && p->error == NULL; i++)
		if ((ev[i].bits & RTLS_ERROR) != 0)
			fail(p, "the connection has ended");
		else if ((ev[i].bits & RTLS_READABLE) != 0)
			receive_some(p);
	return did != 0 || n != 0;
}

static bool
far_turn(struct play *p, bool sends)
{
	unsigned int did = rtls_stack_poll(p->stacks[FAR], now_us(p));

	return (sends && send_some(p)) || did != 0;
}

static uint64_t
next_ns(const struct play *p)
{
	uint64_t next = RTE_MIN(path_next_ns(p->path), p->now_ns + NEVER_NS);

	for (int i = 0; i < 2; i++) {
		uint64_t us = rtls_stack_deadline(p->stacks[i]);

		if (us <= next / 1000)
			next = us * 1000;
	}
	return RTE_MAX(next, p->now_ns + 1000);
}

/* All that can happen now, then the time of the next turn. */
static void
turn(struct play *p, bool sends)
{
	bool did;

	path_set_time(p->path, p->now_ns);
	did = rtls_tlsnic_poll(p->link.nic) != 0;
	did = host_turn(p) || did;
	did = rtls_tlsnic_poll(p->link.nic) != 0 || did;
	did = far_turn(p, sends) || did;
	p->now_ns = did ? p->now_ns + (uint64_t)p->o->burst * p->segment_ns : next_ns(p);
	if (p->now_ns - p->moved_ns > STALL_NS)
		fail(p, "the connection stands still");
}

/* --- the connection ---------------------------------------------------------------------- */

static void
on_packet(void *arg, uint32_t seq, const uint8_t *payload, uint32_t len)
{
	struct play *p = arg;

	if (p->bound == NULL)
		p->bound = resync_bound_create(path_counts(p->path).first_seq);
	if (p->bound == NULL || !resync_bound_packet(p->bound, seq, payload, len))
		fail(p, "there is no memory");
}

static const uint8_t rx_methods[RESYNC_WHO] = {
	[RESYNC_SCAN] = RTLS_TLS_RX_SCAN,
	[RESYNC_DELAYED] = RTLS_TLS_RX_SCAN_DELAYED,
	[RESYNC_STACK] = RTLS_TLS_RX_STACK,
};

/* The host's is polled in turn with its stack, so that its work is not the host's; the far end's is not counted. */
static int
open_nic(struct play *p, int end, struct rtls_port **out)
{
	const struct options *o = p->o;
	struct rtls_tlsnic_conf nic = {
		.size = sizeof(nic),
		.nb_mbufs = 2 * NB_MBUFS,
		.max_contexts = 16,
		.no_tso = 1,
	};

	if (end == HOST) {
		nic.rings = 1;
		nic.rx_method = rx_methods[p->who];
		nic.faults = o->nic.faults;
		nic.fault_every = o->nic.fault_every;
		nic.fault_seed = o->nic.fault_seed;
	}
	return rtls_tlsnic_open(path_port(p->path, end), &nic, out);
}

static bool
open_ports(struct play *p)
{
	const struct options *o = p->o;
	const struct path_conf path = {
		.mtu = (uint16_t)(o->mss + HEADERS - RTE_ETHER_HDR_LEN),
		.nb_mbufs = NB_MBUFS,
		.segment_ns = p->segment_ns,
		.delay_ns = (uint64_t)o->rtt_segments * p->segment_ns / 2,
		.lost = o->loss,
		.late = o->reorder,
		.seed = o->seed,
		.tap = on_packet,
		.tap_arg = p,
	};
	int rc = path_create(&path, &p->path);

	if (rc == 0)
		rc = open_nic(p, HOST, &p->link.nic);
	if (rc == 0 && o->sender == OPTIONS_SENDER_NIC)
		rc = open_nic(p, FAR, &p->link.far_port);
	else if (rc == 0)
		p->link.far_port = path_port(p->path, FAR);
	if (rc != 0)
		say("the ports cannot be made: %s", strerror(-rc));
	return rc == 0;
}

static bool
open_stacks(struct play *p)
{
	/* What is under way is never more than an RTT. */
	uint32_t sndbuf = RTE_MAX(p->o->rtt_segments * p->o->mss, 3 * 17408u);

	p->link.sizes = (struct link_sizes){
		.max_socks = 16,
		.nb_small = 4096 + sndbuf / 256,
		.nb_medium = 2048 + sndbuf / 1024,
		.nb_large = 1024 + sndbuf / 4096,
		.sndbuf = sndbuf,
		.rcvbuf = RTE_MAX((uint32_t)RCVBUF, 4 * sndbuf),
	};
	for (int i = 0; i < 2; i++) {
		p->stacks[i] = link_stack(&p->link, i);
		if (p->stacks[i] == NULL)
			return false;
	}
	return true;
}

static bool
is_open(const struct play *p)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	return p->socks[FAR] != NULL && rtls_sock_info(p->socks[HOST], &info) == 0 &&
	       info.state == RTLS_SOCK_OPEN;
}

static bool
is_in_mode(const struct play *p)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	rtls_tls_info(p->socks[HOST], RTLS_RX, &info);
	return info.mode == (p->who == RESYNC_SOFTWARE ? RTLS_MODE_SOFTWARE : RTLS_MODE_NIC);
}

/* Lets the ends talk until it is so, a second at most. */
static bool
wait_until(struct play *p, bool (*is_so)(const struct play *p), const char *what)
{
	uint64_t end_ns = p->now_ns + 1000000000;

	while (p->error == NULL && !is_so(p)) {
		if (p->now_ns > end_ns)
			fail(p, what);
		turn(p, false);
		if (p->socks[FAR] == NULL)
			rtls_accept_burst(p->listener, &p->socks[FAR], 1);
	}
	return p->error == NULL;
}

static bool
open_connection(struct play *p)
{
	const struct rtls_listen_conf conf = { .size = sizeof(conf), .backlog = 1 };
	struct rtls_addr remote = link_addr(FAR, LINK_PORT), local = link_addr(HOST, 0);
	enum options_mode mode = p->who == RESYNC_SOFTWARE ? OPTIONS_SOFTWARE : OPTIONS_NIC;
	int rc = rtls_listen(p->stacks[FAR], &remote, &conf, &p->listener);

	if (rc == 0)
		rc = rtls_connect(p->stacks[HOST], &local, &remote, &p->socks[HOST]);
	if (rc != 0) {
		fail(p, "the host cannot connect");
		return false;
	}
	if (!wait_until(p, is_open, "the connection is not opened"))
		return false;
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = link_prepare(&p->link, i, mode, p->socks[i]);
	if (rc == 0)
		rc = rtls_sock_watch(p->socks[HOST], RTLS_READABLE, p);
	if (rc != 0)
		fail(p, "the keys cannot be set");
	return rc == 0;
}

/* A fault may have ended what the direction had of the NIC: the program asks again. */
static void
keep_mode(struct play *p)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	if (p->o->nic.faults == 0 || p->who == RESYNC_SOFTWARE)
		return;
	rtls_tls_info(p->socks[HOST], RTLS_RX, &info);
	if (info.wish == RTLS_MODE_NIC)
		return;
	/* A device that was reset is used again when the program says so. */
	if (rtls_port_features(p->link.nic, RTLS_FEATURE_TLS_RX, 0) == 0)
		(void)rtls_set_mode(p->socks[HOST], RTLS_RX, RTLS_MODE_NIC);
}

static bool
run(struct play *p)
{
	/* Faults may let it begin in software. */
	if (p->o->nic.faults == 0 &&
	    !wait_until(p, is_in_mode, "the NIC does not take the connection"))
		return false;
	p->start_ns = p->moved_ns = p->now_ns;
	p->slice_interruptions = phase_interruptions();
	while (p->error == NULL && p->received < p->o->bytes) {
		turn(p, true);
		keep_mode(p);
	}
	p->end_ns = p->now_ns;
	return p->error == NULL;
}

/* --- what came of it --------------------------------------------------------------------- */

static void
sum_up(struct play *p, struct resync_result *r)
{
	struct rtls_sock_stats host = { .size = sizeof(host) }, far = { .size = sizeof(far) };
	struct path_counts path = path_counts(p->path);

	rtls_sock_stats(p->socks[HOST], &host);
	rtls_sock_stats(p->socks[FAR], &far);
	*r = (struct resync_result){
		.records = host.rx_records,
		.opened = host.rx_nic_records,
		.mixed = host.rx_mixed_records,
		.untouched = host.rx_untouched_records,
		.asked = host.rx_resync_asked,
		.answered = host.rx_resync_answered,
		.cancelled = host.rx_resync_cancelled,
		.told = host.rx_resync_told,
		.out_of_step_ns = (double)host.rx_out_of_step_us * 1000,
		.sent = path.sent,
		.lost = path.lost,
		.late = path.late,
		.sent_again = far.retransmissions,
		.timeouts = far.timeouts,
		.sealed = far.tx_nic_records,
		.took_ns = (double)(p->end_ns - p->start_ns),
		.segment_ns = p->segment_ns,
		.bound = resync_bound_counts(p->bound),
		.cycles = series_summary(&p->cycles),
	};
	r->rest = r->records - r->opened - r->mixed - r->untouched;
}

static bool
allocate(struct play *p)
{
	p->out = malloc(p->o->size);
	p->in = malloc(RECV_BYTES);
	p->expected = malloc(RECV_BYTES);
	if (p->out == NULL || p->in == NULL || p->expected == NULL)
		fail(p, "there is no memory");
	return p->error == NULL;
}

static void
close_stacks(struct play *p)
{
	for (int i = 0; i < 2; i++)
		if (p->socks[i] != NULL)
			rtls_abort(p->socks[i]);
	if (p->listener != NULL)
		rtls_close(p->listener);
	for (int i = 0; i < 2; i++)
		for (int turns = 0; p->stacks[i] != NULL; turns++) {
			path_set_time(p->path, p->now_ns += 1000000);
			rtls_tlsnic_poll(p->link.nic);
			rtls_stack_poll(p->stacks[i], now_us(p));
			rtls_tlsnic_poll(p->link.nic);
			if (rtls_stack_destroy(p->stacks[i]) == 0)
				p->stacks[i] = NULL;
			else if (turns > 100000) {
				say("a port does not give its buffers back");
				break;
			}
		}
}

static void
destroy(struct play *p)
{
	close_stacks(p);
	link_close(&p->link);
	path_destroy(p->path);
	resync_bound_destroy(p->bound);
	series_free(&p->cycles);
	free(p->out);
	free(p->in);
	free(p->expected);
}

bool
resync_play(const struct options *o, enum resync_who who, struct resync_result *out)
{
	struct play p = {
		.o = o,
		.who = who,
		.link = { .o = o },
		.now_ns = START_NS,
		.moved_ns = START_NS,
		.segment_ns = (o->mss + HEADERS) * 8 / BITS_PER_NS,
	};
	bool ok = allocate(&p) && open_ports(&p) && open_stacks(&p) && open_connection(&p) &&
		  run(&p);

	if (ok)
		sum_up(&p, out);
	else if (p.error != NULL)
		say("%s, after %" PRIu64 " of %" PRIu64 " bytes", p.error, p.received, o->bytes);
	destroy(&p);
	return ok;
}
