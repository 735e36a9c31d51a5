/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _GNU_SOURCE /* unshare() */

#include "support/port_kind.h"

#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_ring.h>
#ifdef HAVE_NET_RING
#include <rte_eth_ring.h>
#endif

static const char *no_network;
static unsigned int nb_made; /* no two ethdevs have the same name */

void
port_kind_namespace(void)
{
	if (unshare(CLONE_NEWNET) != 0)
		no_network = "this user gets no network namespace";
}

/* A command of iproute2; false: it failed. */
__attribute__((format(printf, 1, 2))) static bool
ip(const char *format, ...)
{
	char command[256] = "ip ";
	va_list args;

	va_start(args, format);
	vsnprintf(command + 3, sizeof(command) - 3, format, args);
	va_end(args);
	return system(command) == 0;
}

/* NULL, or what failed. */
static const char *
make_vdev(const char *name, const char *args, uint16_t *id)
{
	if (rte_eal_hotplug_add("vdev", name, args) != 0)
		return "its driver does not start";
	return rte_eth_dev_get_port_by_name(name, id) == 0 ? NULL : "its driver made no port";
}

static const char *
make_af_packet(const char *iface, uint16_t *id)
{
	char name[32], args[64];

	snprintf(name, sizeof(name), "net_af_packet%u", nb_made++);
	snprintf(args, sizeof(args), "iface=%s", iface);
	return make_vdev(name, args, id);
}

/* An ethdev that makes an interface, and on that net_af_packet. */
static const char *
make_on_tap(const char *name, const char *args, uint16_t ids[2])
{
	const char *why;

	if (no_network != NULL)
		return no_network;
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		return "no /dev/net/tun";
	why = make_vdev(name, args, &ids[0]);
	if (why != NULL)
		return why;
	/* Until now both ends have the same MAC address. */
	if (!ip("link set kind0 address 02:00:00:00:77:02 addrgenmode none up"))
		return "the interface cannot be set up";
	return make_af_packet("kind0", &ids[1]);
}

static const char *
make_tap(uint16_t ids[2])
{
	char name[32];

	snprintf(name, sizeof(name), "net_tap%u", nb_made++);
	return make_on_tap(name, "iface=kind0", ids);
}

/* What it is asked for, its net_tap is asked for. */
static const char *
make_failsafe(uint16_t ids[2])
{
	char name[32], args[64];

	snprintf(name, sizeof(name), "net_failsafe%u", nb_made);
	snprintf(args, sizeof(args), "dev(net_tap%u,iface=kind0)", nb_made++);
	return make_on_tap(name, args, ids);
}

static void
link_tap(const uint16_t ids[2], bool up)
{
	(void)ids;
	CU_ASSERT(ip("link set kind0 %s", up ? "up" : "down"));
}

static const char *
make_veth(uint16_t ids[2])
{
	const char *why;

	if (no_network != NULL)
		return no_network;
	ip("link del veth0 2> /dev/null");
	if (!ip("link add veth0 type veth peer name veth1") ||
	    !ip("link set veth0 addrgenmode none up") || !ip("link set veth1 addrgenmode none up"))
		return "no veth pair";
	why = make_af_packet("veth0", &ids[0]);
	return why != NULL ? why : make_af_packet("veth1", &ids[1]);
}

static void
link_veth(const uint16_t ids[2], bool up)
{
	(void)ids;
	CU_ASSERT(ip("link set veth0 %s", up ? "up" : "down"));
}

static const char *
make_memif(uint16_t ids[2])
{
	unsigned int nb = nb_made++;
	char name[32], args[96];
	const char *why = NULL;

	for (int i = 0; i < 2 && why == NULL; i++) {
		snprintf(name, sizeof(name), "net_memif%u%d", nb, i);
		snprintf(args, sizeof(args), "role=%s,id=%u,socket=@recordtls-kinds-%d",
			 i == 0 ? "server" : "client", nb, (int)getpid());
		why = make_vdev(name, args, &ids[i]);
	}
	return why;
}

/* Does the port say so, within ten seconds? */
static bool
await_link(uint16_t id, uint16_t status)
{
	struct rte_eth_link link;

	for (int i = 0; i < 10000; i++) {
		if (rte_eth_link_get_nowait(id, &link) == 0 && link.link_status == status)
			return true;
		rte_delay_us_sleep(1000);
	}
	return false;
}

static atomic_bool alarm_ran;

static void
on_alarm(void *arg)
{
	(void)arg;
	atomic_store(&alarm_ran, true);
}

/* EAL's interrupt thread has ended what it was about: it runs one thing at a time, alarms too. */
static bool
await_interrupts(void)
{
	atomic_store(&alarm_ran, false);
	if (rte_eal_alarm_set(1, on_alarm, NULL) != 0)
		return false;
	for (int i = 0; i < 10000 && !atomic_load(&alarm_ran); i++)
		rte_delay_us_sleep(1000);
	return atomic_load(&alarm_ran);
}

/* They shake hands in EAL's interrupt thread, whatever the time of the stacks is. */
static bool
memif_started(const uint16_t ids[2])
{
	return await_link(ids[0], RTE_ETH_LINK_UP) && await_link(ids[1], RTE_ETH_LINK_UP) &&
	       await_interrupts();
}

/*
 * That thread takes the peer of a closed one down. The driver has no lock between this and a stop of
 * the peer: both free its regions.
 */
static bool
memif_parted(const uint16_t ids[2])
{
	return await_link(ids[1], RTE_ETH_LINK_DOWN) && await_interrupts();
}

static const char *
make_ring(uint16_t ids[2])
{
#ifdef HAVE_NET_RING
	unsigned int nb = nb_made++;
	struct rte_ring *r[2];
	char name[32];
	int id;

	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "kind%u%d", nb, i);
		r[i] = rte_ring_create(name, 256, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (r[i] == NULL)
			return "no ring";
	}
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "kind%u%d", nb, i);
		id = rte_eth_from_rings(name, &r[i], 1, &r[1 - i], 1, 0);
		if (id < 0)
			return "its driver makes no port";
		ids[i] = (uint16_t)id;
	}
	return NULL;
#else
	(void)ids;
	return "not in this DPDK";
#endif
}

static void
link_vdev(const uint16_t ids[2], bool up)
{
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(up ? rte_eth_dev_set_link_up(ids[i]) :
				     rte_eth_dev_set_link_down(ids[i]),
				0);
}

const struct port_kind port_kinds[PORT_KINDS] = {
	[PORT_KIND_TAP] = { "net_tap, net_af_packet", make_tap, link_tap, true, NULL, NULL },
	[PORT_KIND_FAILSAFE] = { "net_failsafe over net_tap", make_failsafe, link_tap, true, NULL,
				 NULL },
	[PORT_KIND_VETH] = { "net_af_packet over veth", make_veth, link_veth, true, NULL, NULL },
	[PORT_KIND_MEMIF] = { "net_memif", make_memif, NULL, false, memif_started, memif_parted },
	[PORT_KIND_RING] = { "net_ring", make_ring, link_vdev, false, NULL, NULL },
};
