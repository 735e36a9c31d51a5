/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include <recordtls/capture.h>

#include "eal.h"
#include "say.h"

/* The value of iface= in the arguments of a net_tap, DPDK's default name, or NULL without one. */
static const char *
tap_name(int argc, char **argv, char name[IFNAMSIZ])
{
	for (int i = 1; i < argc; i++) {
		const char *tap = strstr(argv[i], "net_tap");
		const char *iface = tap != NULL ? strstr(tap, "iface=") : NULL;

		if (tap == NULL)
			continue;
		if (iface == NULL)
			snprintf(name, IFNAMSIZ, "dtap0");
		else
			snprintf(name, IFNAMSIZ, "%.*s", (int)strcspn(iface + 6, ","), iface + 6);
		return name;
	}
	return NULL;
}

/* Asks the kernel for the interface, as DPDK does, and gives it back. 0, or -errno. */
static int
try_tap(const char *name, short *flags)
{
	struct ifreq ifr;
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0 || ioctl(fd, TUNGETIFF, &ifr) < 0)
		rc = -errno;
	close(fd);
	*flags = ifr.ifr_flags;
	return rc;
}

/*
 * A TAP of DPDK's has many queues: a second program would be given one of them,
 * and some of the packets. Only one that was made to stay may be there already.
 */
static bool
tap_is_taken(const char *name)
{
	short flags = 0;

	if (if_nametoindex(name) == 0)
		return false;
	return try_tap(name, &flags) < 0 || (flags & IFF_PERSIST) == 0;
}

static void
say_no_port(int argc, char **argv)
{
	char buf[IFNAMSIZ];
	const char *name = tap_name(argc, argv, buf);
	short flags;
	int rc = name != NULL ? try_tap(name, &flags) : 0;

	if (name == NULL)
		say("DPDK has no port; give it one, for example --vdev=net_tap0 before --");
	else if (rc == -EPERM || rc == -EACCES)
		say("no permission to make the interface %s; run as root or with CAP_NET_ADMIN",
		    name);
	else if (rc < 0)
		say("cannot make the interface %s: /dev/net/tun: %s", name, strerror(-rc));
	else
		say("DPDK could not make the interface %s (%s)", name, EAL_MORE);
}

int
port_check(int argc, char **argv)
{
	char buf[IFNAMSIZ];
	const char *name = tap_name(argc, argv, buf);

	if (name == NULL || !tap_is_taken(name))
		return 0;
	say("the interface %s is in use; give another name with iface=", name);
	return -1;
}

struct rtls_port *
port_open(const struct options_net *o, uint32_t nb_rx_mbufs, int argc, char **argv)
{
	struct rtls_port_conf conf = { .size = sizeof(conf),
				       .nb_rx_mbufs = nb_rx_mbufs,
				       .trust_checksums = o->trust_checksums,
				       .mtu = o->mtu };
	uint16_t id = rte_eth_find_next(0);
	struct rtls_port *port;
	int rc;

	if (id >= RTE_MAX_ETHPORTS) {
		say_no_port(argc, argv);
		return NULL;
	}
	rc = rtls_port_ethdev(id, &conf, &port);
	if (rc == 0)
		return port;
	if (rc == -ENOMEM)
		eal_say_no_memory("the port's buffers");
	else if (rc == -EINVAL && o->mtu != 0)
		say("DPDK port %u cannot be set up with --mtu %u: is its own MTU smaller?", id,
		    o->mtu);
	else
		say("DPDK port %u cannot be set up: %s (%s)", id, strerror(-rc), EAL_MORE);
	return NULL;
}

bool
port_start_capture(const struct options_net *o, struct rtls_port *port)
{
	const struct rtls_capture_conf conf = { .size = sizeof(conf), .path = o->capture };
	int rc = o->capture != NULL ? rtls_port_capture(port, &conf) : 0;

	if (rc == -ENOMEM)
		eal_say_no_memory("the capture");
	else if (rc < 0)
		say("cannot capture to %s: %s", o->capture, strerror(-rc));
	return rc == 0;
}

/* A capture that ended by itself has said so. */
void
port_end_capture(const struct options_net *o, struct rtls_port *port)
{
	struct rtls_capture_stats stats = { .size = sizeof(stats) };

	if (o->capture == NULL)
		return;
	if (rtls_port_capture_stats(port, &stats) == 0 && stats.missed != 0)
		say("%" PRIu64 " of %" PRIu64 " packets are not in %s: the disk is too slow",
		    stats.missed, stats.packets + stats.missed, o->capture);
	rtls_port_capture_stop(port);
}
