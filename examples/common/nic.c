/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "nic.h"

#include <errno.h>
#include <string.h>

#include <recordtls/tlsnic.h>

#include "eal.h"
#include "say.h"

static struct rtls_port_info
info_of(const struct rtls_port *port)
{
	struct rtls_port_info info = { .size = sizeof(info) };

	rtls_port_info(port, &info);
	return info;
}

static bool
has_inline_tls(const struct rtls_port *port)
{
	return info_of(port).device_features != 0;
}

/* A connection takes two contexts. No fault: what finds no room is sealed by software. */
static void
say_room(const struct options_net *o, const struct rtls_port *port, uint32_t conns)
{
	uint32_t room = info_of(port).max_contexts / 2;

	if (o->mode != OPTIONS_NET_SOFTWARE && has_inline_tls(port) && room < conns)
		say("the NIC has room for %u of %u connections at once; the others are in software",
		    room, conns);
}

/* 0, or -1: one sentence was printed, the port is the caller's as before. */
static int
put_over(const struct options_net *o, struct rtls_port **port)
{
	const struct rtls_tlsnic_conf conf = {
		.size = sizeof(conf),
		.max_contexts = o->tlsnic_contexts,
		.tx_method = o->nic.tx_method,
		.rx_method = o->nic.rx_method,
		.faults = o->nic.faults,
		.fault_every = o->nic.fault_every,
		.fault_seed = o->nic.fault_seed,
	};
	int rc;

	if (has_inline_tls(*port)) {
		say("the port has inline TLS of its own; --tlsnic is for those that have none");
		return -1;
	}
	rc = rtls_tlsnic_open(*port, &conf, port);
	if (rc == -ENOTSUP)
		say("this librecordtls was built without the TLS NIC in software: DPDK's "
		    "rte_security_driver.h was missing");
	else if (rc == -ENOMEM)
		eal_say_no_memory("the TLS NIC");
	else if (rc < 0)
		say("the TLS NIC cannot be made: %s", strerror(-rc));
	else
		option_nic_say_faults(&o->nic);
	return rc < 0 ? -1 : 0;
}

bool
nic_options_fit(const struct options_net *o)
{
	const char *name = NULL;

	if (o->tlsnic_contexts != 0)
		name = "tlsnic-contexts";
	else if (o->nic.rx_method != 0 || o->nic.tx_method != 0)
		name = "nic-method";
	else if (o->nic.faults != 0)
		name = "nic-fault";
	if (name != NULL && !o->tlsnic)
		say("--%s goes with --tlsnic", name);
	return name == NULL || o->tlsnic;
}

struct rtls_port *
nic_port(const struct options_net *o, struct rtls_port *port, uint32_t conns)
{
	if (o->tlsnic && put_over(o, &port) < 0) {
		rtls_port_close(port);
		return NULL;
	}
	if (o->mode == OPTIONS_NET_NIC && !has_inline_tls(port)) {
		say("the port has no inline TLS for --mode nic; --tlsnic puts a TLS NIC in "
		    "software over it");
		rtls_port_close(port);
		return NULL;
	}
	say_room(o, port, conns);
	return port;
}
