/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A whole stack behind its public interface, with a cable at its port; nobody is at the other end. */
#include "scripts/end.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <recordtls/recordtls.h>

#include "eal/forged.h"
#include "scripts/end_tcp.h"
#include "sim/frame.h"
#include "stack/state.h"
#include "support/cable.h"
#include "support/stat.h"
#include "tcp/cc.h"
#include "tcp/query.h"

enum {
	POLLS_MAX = 10000,
	CLOSE_POLLS = 1000,
	ICMP_LEN = 8,
	QUOTE_LEN = 28,
	FLOOD = 100,
	LOCAL_IP = (int)0xc0000201,
	REMOTE_IP = (int)0xc0000202,
};

static const uint8_t REMOTE_MAC[6] = { 2, 0, 0, 0, 0, 9 };

struct whole {
	const struct script_conf *conf;
	struct cable *cable;
	struct rtls_port *port;
	struct rtls_stack *stack;
	struct rtls_sock *listener;
	struct rtls_sock *sock;
	uint64_t mbufs; /* in use before anything happened */
	end_sent_fn sent;
	void *arg;
	uint64_t now_us;
	bool bad_frame;
};

static struct rtls_addr
addr_of(uint8_t host, uint16_t port)
{
	return (struct rtls_addr){ .family = RTLS_IPV4, .port = port, .ip = { 192, 0, 2, host } };
}

static void
must(bool so, const char *what)
{
	if (so)
		return;
	printf("Bail out! the stack: %s\n", what);
	exit(EXIT_FAILURE);
}

/* --- frames -------------------------------------------------------------------- */

static void
inject(struct whole *w, struct forged *f)
{
	must(cable_inject(w->cable, 1, f->bytes, f->len) == 0, "no room for a frame");
}

/* Who has the script's address? It has. */
static void
answer_arp(struct whole *w)
{
	struct forged f;

	forged_arp(&f, REMOTE_MAC, (uint32_t)REMOTE_IP, (uint32_t)LOCAL_IP);
	memcpy(f.bytes, w->port->mac, 6);
	put16(f.bytes + 20, 2);
	memcpy(f.bytes + 32, w->port->mac, 6);
	inject(w, &f);
}

/* It asks for the stack's: so they know each other before a script begins. */
static void
ask_arp(struct whole *w)
{
	struct forged f;

	forged_arp(&f, REMOTE_MAC, (uint32_t)REMOTE_IP, (uint32_t)LOCAL_IP);
	inject(w, &f);
}

static enum cable_verdict
on_frame(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct whole *w = arg;
	uint32_t ip_hdr_len = (uint32_t)(frame[14] & 0x0f) * 4;
	struct frame f;

	(void)delay_us;
	if (dir != 0)
		return CABLE_PASS;
	if (frame_parse(frame, len, &f) != NULL)
		w->bad_frame = true;
	else if (!f.is_tcp && frame[21] == 1)
		answer_arp(w);
	else if (f.is_tcp && get16(frame + FORGED_ETHER + ip_hdr_len + 2) == END_REMOTE_PORT)
		w->sent(w->arg, frame + FORGED_ETHER + ip_hdr_len, f.ip_len - ip_hdr_len, now_us);
	return CABLE_DROP;
}

static void
stack_input(void *end, const uint8_t *segment, uint32_t len, uint64_t now_us)
{
	struct whole *w = end;
	struct forged f;
	uint8_t *tcp;

	(void)now_us;
	must(len <= FORGED_MAX - FORGED_ETHER - FORGED_IP, "a segment is longer than a frame");
	tcp = forged_start(&f, w->port->mac, REMOTE_MAC, (uint32_t)REMOTE_IP, (uint32_t)LOCAL_IP,
			   6);
	memcpy(tcp, segment, len);
	forged_finish(&f, FORGED_ETHER + FORGED_IP + len);
	inject(w, &f);
}

static void
stack_icmp(void *end, enum script_icmp what, uint16_t mtu, uint32_t seq, uint64_t now_us)
{
	static const uint8_t code[] = {
		[SCRIPT_ICMP_HOST] = 1, [SCRIPT_ICMP_PORT] = 3, [SCRIPT_ICMP_TOO_BIG] = 4
	};
	struct whole *w = end;
	struct forged f, quoted;
	uint8_t *icmp;

	(void)now_us;
	forged_tcp(&quoted, REMOTE_MAC, w->port->mac, (uint32_t)LOCAL_IP, (uint32_t)REMOTE_IP,
		   (uint32_t)END_LOCAL_PORT << 16 | END_REMOTE_PORT, 0x10, seq);
	icmp = forged_start(&f, w->port->mac, REMOTE_MAC, (uint32_t)REMOTE_IP, (uint32_t)LOCAL_IP,
			    1);
	icmp[0] = 3;
	icmp[1] = code[what];
	put16(icmp + 6, mtu);
	memcpy(icmp + ICMP_LEN, quoted.bytes + FORGED_ETHER, QUOTE_LEN);
	forged_finish(&f, FORGED_ETHER + FORGED_IP + ICMP_LEN + QUOTE_LEN);
	inject(w, &f);
}

/* --- time ---------------------------------------------------------------------- */

static uint64_t
stack_deadline(void *end)
{
	struct whole *w = end;
	uint64_t wire = cable_next_us(w->cable), timer = rtls_stack_deadline(w->stack);

	return wire < timer ? wire : timer;
}

static void
stack_run(void *end, uint64_t now_us)
{
	struct whole *w = end;
	int polls = 0;

	w->now_us = now_us;
	cable_set_time(w->cable, now_us);
	while (rtls_stack_poll(w->stack, now_us) != 0 || cable_next_us(w->cable) <= now_us)
		must(polls++ < POLLS_MAX, "it is never idle");
}

/* --- what a program calls ------------------------------------------------------ */

static int64_t
set_options(struct whole *w)
{
	if (w->conf->keep_idle_us != 0)
		must(rtls_sock_set(w->sock, RTLS_OPT_KEEPALIVE_IDLE_US, w->conf->keep_idle_us) == 0,
		     "no keep-alive");
	if (w->conf->max_seg != 0)
		must(rtls_sock_set(w->sock, RTLS_OPT_MAX_SEG, w->conf->max_seg) == 0, "no max-seg");
	if (w->conf->max_rate != 0)
		must(rtls_sock_set(w->sock, RTLS_OPT_MAX_PACING_RATE, w->conf->max_rate) == 0,
		     "no max-rate");
	return 0;
}

/* Others have all places of half-open connections. Their answers are nobody's matter. */
static void
flood(struct whole *w)
{
	struct forged f;

	for (uint32_t i = 1; i <= FLOOD; i++) {
		forged_tcp(&f, w->port->mac, REMOTE_MAC, (uint32_t)REMOTE_IP, (uint32_t)LOCAL_IP,
			   (END_REMOTE_PORT + i) << 16 | END_LOCAL_PORT, 2, i);
		inject(w, &f);
		stack_run(w, w->now_us);
	}
	must(stat_of(w->stack, NULL, "SynCookies") > FLOOD / 2, "it has room for a flood");
}

static int64_t
stack_listen(struct whole *w)
{
	struct rtls_listen_conf lc = { .size = sizeof(lc) };
	struct rtls_addr local = addr_of(1, END_LOCAL_PORT);

	int rc = rtls_listen(w->stack, &local, &lc, &w->listener);

	if (rc == 0 && w->conf->half_open == 0)
		flood(w);
	/* What a program sets stays as it is. */
	if (rc == 0 && !w->conf->grows)
		rc = rtls_sock_set(w->listener, RTLS_OPT_RCVBUF, 2 * w->conf->room);
	return rc;
}

static int64_t
stack_connect(struct whole *w)
{
	struct rtls_addr local = addr_of(1, END_LOCAL_PORT), remote = addr_of(2, END_REMOTE_PORT);
	int rc = rtls_connect(w->stack, &local, &remote, &w->sock);

	return rc == 0 ? set_options(w) : rc;
}

static int64_t
stack_send(struct whole *w, uint32_t len)
{
	uint8_t *bytes = malloc(len);
	uint64_t from = w->sock->tcp.snd_end;
	int64_t rc;

	must(bytes != NULL, "no memory");
	for (uint32_t i = 0; i < len; i++)
		bytes[i] = packet_byte((uint32_t)from + 1 + i);
	rc = rtls_send(w->sock, bytes, len, 0);
	free(bytes);
	return rc;
}

/* The handle goes, whatever comes of it. */
static int64_t
stack_give_up(struct whole *w, int (*how)(struct rtls_sock *))
{
	struct rtls_sock *sock = w->sock;

	w->sock = NULL;
	return how(sock);
}

static int64_t
stack_call(void *end, enum script_call call, uint32_t arg, uint8_t *bytes, uint64_t now_us)
{
	struct whole *w = end;

	(void)now_us;
	switch (call) {
	case SCRIPT_LISTEN:
		return stack_listen(w);
	case SCRIPT_CONNECT:
		return stack_connect(w);
	case SCRIPT_ACCEPT:
		if (rtls_accept_burst(w->listener, &w->sock, 1) == 1)
			return set_options(w);
		return -EAGAIN;
	case SCRIPT_SEND:
		return w->sock == NULL ? -ENOTCONN : stack_send(w, arg);
	case SCRIPT_READ:
		return w->sock == NULL ? -ENOTCONN : rtls_recv(w->sock, bytes, arg, 0);
	case SCRIPT_SHUTDOWN:
		return w->sock == NULL ? -ENOTCONN : rtls_shutdown(w->sock, RTLS_SHUT_WR);
	case SCRIPT_CLOSE:
		return w->sock == NULL ? -ENOTCONN : stack_give_up(w, rtls_close);
	case SCRIPT_ABORT:
		return w->sock == NULL ? -ENOTCONN : stack_give_up(w, rtls_abort);
	}
	return -EINVAL;
}

static enum script_state
stack_state(void *end)
{
	struct whole *w = end;
	const struct rtls_sock *sock;

	for (uint32_t i = 0; i < w->stack->conf.max_socks; i++) {
		sock = &w->stack->socks[i];
		if (sock->phase >= SOCK_BACKLOG && !tcp_is_closed(&sock->tcp))
			return end_state_of(&sock->tcp);
	}
	if (stat_of(w->stack, NULL, "SynInUse") > 0)
		return SCRIPT_SYN_RECEIVED;
	if (stat_of(w->stack, NULL, "TimeWaitInUse") > 0)
		return SCRIPT_TIME_WAIT;
	return w->listener != NULL ? SCRIPT_LISTENS : SCRIPT_CLOSED;
}

static uint64_t
stack_rate(void *end)
{
	const struct whole *w = end;

	return w->sock == NULL ? 0 : end_rate_of(&w->sock->tcp);
}

/* --- life ---------------------------------------------------------------------- */

static void
make_stack(struct whole *w, const char *name)
{
	struct rtls_stack_conf sc = {
		.size = sizeof(sc),
		.name = name,
		.max_socks = 8,
		.max_time_wait = 8,
		.max_syn = w->conf->half_open != 0 ? w->conf->half_open : SCRIPT_HALF_OPEN_MAX,
		.nb_packets = 512,
		.nb_small = 64,
		.nb_medium = 256,
		.nb_large = 32,
		.rcvbuf = w->conf->grows ? 0 : 2 * w->conf->room,
		.time_wait_us = w->conf->time_wait_us,
		.user_timeout_us = w->conf->user_timeout_us,
		.rto_min_us = w->conf->rto_min_us,
		.answers_per_remote = UINT32_MAX,
		.answers_per_stack = UINT32_MAX,
		.secret = { 1 },
		.cc = w->conf->cc == SCRIPT_CC_NEWRENO ? RTLS_CC_NEWRENO : RTLS_CC_CUBIC,
	};
	struct rtls_addr ip = addr_of(1, 0);

	must(rtls_stack_create(&sc, &w->stack) == 0, "it cannot be made");
	w->stack->params.pacing = w->conf->pacing;
	must(rtls_stack_bind(w->stack, w->port, 0) == 0, "it cannot be bound");
	must(rtls_addr_add(w->stack, w->port, &ip, 24) == 0, "it gets no address");
}

static void *
stack_open(const struct script_conf *conf, uint64_t now_us, end_sent_fn sent, void *arg)
{
	static unsigned int count;
	struct whole *w = calloc(1, sizeof(*w));
	char name[24];
	struct cable_conf cc = { .name = name, .now_us = now_us, .filter = on_frame };

	must(w != NULL, "no memory");
	w->conf = conf;
	w->sent = sent;
	w->arg = arg;
	snprintf(name, sizeof(name), "script%u", count++);
	cc.filter_arg = w;
	cc.mtu = (uint16_t)(conf->mss + 40);
	cc.tso_max = conf->cut;
	cc.caps = conf->cut != 0 ? PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM : 0;
	must(cable_create(&cc, &w->cable) == 0, "no cable");
	w->port = cable_port(w->cable, 0);
	make_stack(w, name);
	ask_arp(w);
	stack_run(w, now_us);
	w->mbufs = stat_of(w->stack, NULL, "MbufsInUse");
	return w;
}

static int
destroy(struct whole *w, uint64_t now_us)
{
	int rc = -EAGAIN;

	for (int polls = 0; rc == -EAGAIN && polls < CLOSE_POLLS; polls++) {
		rc = rtls_stack_destroy(w->stack);
		if (rc == -EAGAIN)
			rtls_stack_poll(w->stack, now_us);
	}
	return rc;
}

static void
nobody(void *arg, const uint8_t *segment, uint32_t len, uint64_t now_us)
{
	(void)arg;
	(void)segment;
	(void)len;
	(void)now_us;
}

static const char *
stack_close(void *end, uint64_t now_us)
{
	struct whole *w = end;
	const char *left = w->bad_frame ? "there was a frame with wrong headers" : NULL;

	w->sent = nobody;
	if (w->sock != NULL)
		rtls_abort(w->sock);
	if (w->listener != NULL)
		rtls_close(w->listener);
	stack_run(w, now_us);
	if (left == NULL && stack_state(w) == SCRIPT_CLOSED &&
	    stat_of(w->stack, NULL, "MbufsInUse") != w->mbufs)
		left = "the stack has buffers of a connection that is over";
	must(destroy(w, now_us) == 0, "it does not end");
	must(rtls_port_close(w->port) == 0, "its port does not close");
	if (left == NULL && cable_stats_get(w->cable, 0).misused != 0)
		left = "the port was asked for what it does not do";
	if (left == NULL && cable_mbufs_in_use(w->cable, 0) != 0)
		left = "buffers of the cable did not come back";
	must(rtls_port_close(cable_port(w->cable, 1)) == 0, "the other port does not close");
	cable_destroy(w->cable);
	free(w);
	return left;
}

const struct end_ops end_stack = {
	.name = "stack",
	.on = SCRIPT_STACK,
	.late_us = 1100, /* a tick of the wheel, and the polls */
	.open = stack_open,
	.input = stack_input,
	.icmp = stack_icmp,
	.call = stack_call,
	.deadline = stack_deadline,
	.run = stack_run,
	.state = stack_state,
	.rate = stack_rate,
	.close = stack_close,
};
