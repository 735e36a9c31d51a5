/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "link.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_memory.h>

#include <recordtls/names.h>
#include <recordtls/tlsnic.h>

#include "common/say.h"
#include "inside/hold.h"
#include "inside/wire.h"

enum {
	PATIENCE_US = 2000000,
	HEADERS_MAX = 20 + 32, /* IPv4, and TCP with timestamps */
	MTU_MIN = 1500,
	CONTEXTS_PER_CONN = 4, /* two directions, in each an old and a new one */
};

uint64_t
link_now_us(uint64_t tsc)
{
	uint64_t hz = rte_get_tsc_hz();

	return tsc / hz * 1000000 + tsc % hz * 1000000 / hz;
}

struct rtls_addr
link_addr(int end, uint16_t port)
{
	return (struct rtls_addr){
		.family = RTLS_IPV4,
		.port = port,
		.ip = { 10, 0, 0, (uint8_t)(end + 1) },
	};
}

static uint32_t
contexts(const struct link *l)
{
	if (l->device.max_contexts != 0)
		return l->device.max_contexts;
	return CONTEXTS_PER_CONN * RTE_MAX(l->o->conns, (uint32_t)LINK_CONNS_MAX);
}

bool
link_open(struct link *l, uint32_t nb_mbufs)
{
	uint16_t mtu = (uint16_t)RTE_MAX((uint32_t)MTU_MIN, l->o->mss + HEADERS_MAX);
	const struct rtls_tlsnic_conf conf = {
		.size = sizeof(conf),
		.nb_mbufs = 2 * nb_mbufs, /* half of them for each direction */
		.max_contexts = contexts(l),
		.add_polls = l->device.add_polls,
		.crypto_bytes = l->device.crypto_bytes,
		.no_tso = !l->o->tso,
		.rings = 1,
		.tx_method = l->o->nic.tx_method,
		.rx_method = l->o->nic.rx_method,
		.faults = l->o->nic.faults,
		.fault_every = l->o->nic.fault_every,
		.fault_seed = l->o->nic.fault_seed,
	};
	int rc = wire_create(mtu, nb_mbufs, &l->wire);

	if (rc == 0)
		rc = rtls_tlsnic_open(wire_port(l->wire, 0), &conf, &l->nic);
	if (rc == 0)
		l->far_port = wire_port(l->wire, 1);
	else if (rc == -ENOTSUP)
		say("this librecordtls was built without the TLS NIC in software: DPDK's "
		    "rte_security_driver.h was missing");
	else
		say("the ports cannot be made: %s", strerror(-rc));
	return rc == 0;
}

void
link_close(struct link *l)
{
	if (l->far_port != NULL)
		rtls_port_close(l->far_port);
	if (l->nic != NULL)
		rtls_port_close(l->nic);
	wire_destroy(l->wire);
}

struct rtls_stack *
link_stack(const struct link *l, int end)
{
	static const char *const names[LINK_ENDS] = { "host", "far", "third" };
	struct rtls_port *const ports[LINK_ENDS] = { l->nic, l->far_port, l->third_port };
	struct rtls_port *port = ports[end];
	struct rtls_addr addr = link_addr(end, 0);
	struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.name = names[end],
		.socket_id = SOCKET_ID_ANY,
		.max_socks = l->sizes.max_socks,
		.nb_small = l->sizes.nb_small,
		.nb_medium = l->sizes.nb_medium,
		.nb_large = l->sizes.nb_large,
		.sndbuf = l->sizes.sndbuf,
		.rcvbuf = l->sizes.rcvbuf,
		.max_syn = l->sizes.max_syn,
		.time_wait_us = l->sizes.time_wait_us,
		.wipe_buffers = l->o->wipe,
		.crypto = l->o->crypto,
	};
	struct rtls_stack *s;
	int rc = rtls_stack_create(&conf, &s);

	if (rc < 0) {
		say("a stack cannot be made: %s", strerror(-rc));
		return NULL;
	}
	rc = rtls_stack_bind(s, port, 0);
	if (rc == 0)
		rc = rtls_addr_add(s, port, &addr, 24);
	if (rc == 0)
		return s;
	say("a stack cannot use its port: %s", strerror(-rc));
	rtls_stack_destroy(s);
	return NULL;
}

void
link_stack_destroy(struct link *l, int end, struct rtls_stack *s)
{
	uint64_t now_us = link_now_us(rte_rdtsc()), end_us = now_us + PATIENCE_US;

	while (rtls_stack_destroy(s) == -EAGAIN) {
		now_us = link_now_us(rte_rdtsc());
		if (now_us > end_us) {
			say("a port does not give its buffers back");
			return;
		}
		rtls_stack_poll(s, now_us);
		hold_move(l->holds[end]);
		if (end == 0)
			link_step(l);
		else
			rtls_tlsnic_poll(l->nic);
	}
}

static int
set_keys(const struct link *l, struct rtls_sock *k, enum rtls_dir dir, bool from_host)
{
	struct rtls_keys keys = { .version = l->o->tls, .cipher = l->o->suite->cipher };

	memset(keys.key, from_host ? 0x11 : 0x22, l->o->suite->key_len);
	memset(keys.iv, from_host ? 0x33 : 0x44, sizeof(keys.iv));
	return rtls_set_keys(k, dir, &keys);
}

int
link_prepare(const struct link *l, int end, enum options_mode mode, struct rtls_sock *k)
{
	int rc = rtls_sock_set(k, RTLS_OPT_MAX_SEG, l->o->mss);

	if (rc == 0)
		rc = rtls_sock_set(k, RTLS_OPT_MAX_PAYLOAD, l->o->size);
	if (rc == 0)
		rc = rtls_sock_set(k, RTLS_OPT_CC, l->o->cc);
	if (rc == 0)
		rc = rtls_sock_set(k, RTLS_OPT_MAX_PACING_RATE, l->o->pacing);
	if (rc != 0 || mode == OPTIONS_PLAIN)
		return rc;
	rc = rtls_sock_set(k, RTLS_OPT_AUDIT_RATE, l->o->audit);
	if (rc == 0 && mode == OPTIONS_SOFTWARE)
		rc = rtls_sock_set(k, RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE);
	if (rc == 0)
		rc = set_keys(l, k, RTLS_TX, end == 0);
	return rc == 0 ? set_keys(l, k, RTLS_RX, end != 0) : rc;
}

static struct rtls_tls_info
tls_info(const struct rtls_sock *k, enum rtls_dir dir)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	rtls_tls_info(k, dir, &info);
	return info;
}

bool
link_is_in_mode(enum options_mode mode, const struct rtls_sock *k)
{
	return mode != OPTIONS_NIC || (tls_info(k, RTLS_TX).mode == RTLS_MODE_NIC &&
				       tls_info(k, RTLS_RX).mode == RTLS_MODE_NIC);
}

void
link_say_mode(const struct rtls_sock *k)
{
	enum rtls_dir dir = tls_info(k, RTLS_TX).mode == RTLS_MODE_NIC ? RTLS_RX : RTLS_TX;

	say("the NIC does not take a connection: %s in software, %s", rtls_dir_name(dir),
	    rtls_mode_reason_name(tls_info(k, dir).reason));
}
