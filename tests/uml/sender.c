/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * In User-Mode Linux: the library sends, over an interface of the kernel's, and sleeps while nothing is to be done.
 * Usage: sender IFACE ADDRESS GATEWAY REMOTE PORT SECONDS [BYTES [SNDBUF [START_MS]]], of the clock that nobody sets
 *
 * It sends for so long, or so many bytes and then the end of them; the last line is a line of JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <recordtls/recordtls.h>

#include "support/eal.h"
#include "support/pattern.h"
#include "uml/raw_port.h"
#include "uml/start.h"

enum {
	PREFIX_LEN = 24,
	ALL_ARGS = 10,
	LOOK_US = 1000000,
	TURN_US = 10, /* so long is a turn at least: time passes in any case */
	CLOSE_S = 60,
};

struct sender {
	struct rtls_stack *stack;
	struct rtls_port *port;
	struct rtls_sock *sock;
	uint64_t start_us; /* connected */
	uint64_t end_us;
	uint64_t bytes; /* 0: as many as there is time for */
	uint64_t sent;
	bool shut;
};

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "sender: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static struct rtls_addr
addr_of(const char *text)
{
	struct rtls_addr a;

	must(rtls_addr_parse(text, &a, NULL), text);
	return a;
}

/* Until now there is room; true: something was sent. */
static bool
pump(struct sender *s)
{
	bool did = false;
	const void *from;
	size_t len;
	ssize_t n;

	while (s->start_us != 0 && !s->shut) {
		from = pattern_at(s->sent, &len);
		if (s->bytes != 0 && len > s->bytes - s->sent)
			len = s->bytes - s->sent;
		n = rtls_send(s->sock, from, len, 0);
		if (n == -EAGAIN || n == -ENOMEM)
			break;
		must((int)n, "rtls_send");
		s->sent += (uint64_t)n;
		did = true;
		if (s->sent == s->bytes) {
			must(rtls_shutdown(s->sock, RTLS_SHUT_WR), "rtls_shutdown");
			s->shut = true;
		}
	}
	return did;
}

/* False: all has been acknowledged. */
static bool
is_open(const struct sender *s)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	must(rtls_sock_info(s->sock, &info), "rtls_sock_info");
	if (s->shut && info.snd_queued == 0)
		return false;
	if (info.end_reason != 0)
		must(-ECONNRESET, rtls_end_reason_name((enum rtls_end_reason)info.end_reason));
	return true;
}

static void
turn(struct sender *s, uint64_t at_us)
{
	struct rtls_event ev;

	rtls_stack_poll(s->stack, at_us);
	if (s->start_us == 0 && rtls_events(s->stack, &ev, 1) == 1) {
		if ((ev.bits & RTLS_ERROR) != 0)
			must(-ECONNRESET, "the connection");
		s->start_us = at_us;
	}
	if (pump(s))
		rtls_stack_poll(s->stack, at_us);
}

/* How long nothing is to be done. */
static uint64_t
idle_us(const struct sender *s, uint64_t at_us, uint64_t end_us)
{
	uint64_t until_us = rtls_stack_deadline(s->stack);

	until_us = until_us < end_us ? until_us : end_us;
	until_us = until_us > at_us + TURN_US ? until_us - at_us : TURN_US;
	return until_us < LOOK_US ? until_us : LOOK_US;
}

static void
report(const struct sender *s)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };
	struct rtls_sock_info info = { .size = sizeof(info) };

	must(rtls_sock_stats(s->sock, &stats), "rtls_sock_stats");
	must(rtls_sock_info(s->sock, &info), "rtls_sock_info");
	printf("{\"us\": %" PRIu64 ", \"acked\": %" PRIu64 ", \"segments\": %" PRIu64
	       ", \"retransmissions\": %" PRIu64 ", \"timeouts\": %" PRIu64
	       ", \"srtt_us\": %u, \"cwnd\": %u}\n",
	       now_us() - s->start_us, s->sent - info.snd_queued, stats.tx_segments,
	       stats.retransmissions, stats.timeouts, info.srtt_us, info.cwnd);
}

static void
open_stack(struct sender *s, char **argv, const char *sndbuf, const char *start_ms)
{
	struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.socket_id = SOCKET_ID_ANY,
		.max_socks = 8,
		/* What is not there need not be set up, with each start. */
		.nb_small = 256,
		.nb_medium = 256,
		.nb_large = 1024,
		.sndbuf = sndbuf != NULL ? (uint32_t)strtoul(sndbuf, NULL, 10) : 0,
	};
	struct rtls_addr any = { .family = RTLS_IPV4 }, local = addr_of(argv[2]);
	struct rtls_addr gateway = addr_of(argv[3]), remote = addr_of(argv[4]);

	remote.port = (uint16_t)strtoul(argv[5], NULL, 10);
	must(raw_port_open(argv[1], &s->port), argv[1]);
	must(rtls_stack_create(&conf, &s->stack), "rtls_stack_create");
	must(rtls_stack_bind(s->stack, s->port, 0), "rtls_stack_bind");
	must(rtls_addr_add(s->stack, s->port, &local, PREFIX_LEN), "rtls_addr_add");
	must(rtls_route_add(s->stack, &any, 0, &gateway, s->port), "rtls_route_add");
	start_at(start_ms);
	must(rtls_connect(s->stack, NULL, &remote, &s->sock), "rtls_connect");
	must(rtls_sock_watch(s->sock, RTLS_CONNECTED, s), "rtls_sock_watch");
}

int
main(int argc, char **argv)
{
	struct sender s = { .bytes = argc > 7 ? strtoull(argv[7], NULL, 10) : 0 };
	uint64_t span_us, at_us, end_us;

	if (argc < 7 || argc > ALL_ARGS || eal_start("sender") != 0)
		return 2;
	span_us = strtoull(argv[6], NULL, 10) * 1000000;
	open_stack(&s, argv, argc > 8 ? argv[8] : NULL, argc > 9 ? argv[9] : NULL);
	at_us = now_us();
	end_us = at_us + span_us;
	for (; at_us < end_us && is_open(&s); at_us = now_us()) {
		turn(&s, at_us);
		if (s.start_us != 0 && s.bytes == 0)
			end_us = s.start_us + span_us;
		raw_port_wait(s.port, idle_us(&s, at_us, end_us));
	}
	report(&s);
	fflush(stdout);
	/* Nothing here may spin until some time has come, as an orderly end does. */
	rtls_abort(s.sock);
	rtls_stack_poll(s.stack, now_us());
	_exit(0);
}
