/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The file server behind a network that loses packets. Its sources are linked
 * as they are; the linker passes their calls of rtls_port_ethdev() and
 * rtls_port_close() here (--wrap). Environment: LOSSY_SEED, and LOSSY_LOST,
 * packets out of LOSSY_ALL per direction.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/lossy_port.h"

#include <recordtls/port.h>

/* The names are the linker's. */
int __real_rtls_port_ethdev(uint16_t id, const struct rtls_port_conf *conf, struct rtls_port **out);
int __wrap_rtls_port_ethdev(uint16_t id, const struct rtls_port_conf *conf, struct rtls_port **out);
int __real_rtls_port_close(struct rtls_port *p);
int __wrap_rtls_port_close(struct rtls_port *p);

/* The program may have put another port over it: then that one is closed, not this. */
static struct rtls_port *lossy;

static uint64_t
number(const char *name)
{
	const char *text = getenv(name);

	if (text == NULL) {
		fprintf(stderr, "lossy-server: %s is not set\n", name);
		exit(2);
	}
	return strtoull(text, NULL, 10);
}

int
__wrap_rtls_port_ethdev(uint16_t id, const struct rtls_port_conf *conf, struct rtls_port **out)
{
	struct lossy_conf network = {
		.seed = number("LOSSY_SEED"),
		.rx_lost = (uint32_t)number("LOSSY_LOST"),
		.tx_lost = (uint32_t)number("LOSSY_LOST"),
	};
	struct rtls_port *port;
	int rc = __real_rtls_port_ethdev(id, conf, &port);

	if (rc != 0)
		return rc;
	lossy = lossy_port_create(port, &network);
	if (lossy == NULL) {
		__real_rtls_port_close(port);
		return -ENOMEM;
	}
	*out = lossy;
	return 0;
}

int
__wrap_rtls_port_close(struct rtls_port *p)
{
	struct lossy_counts c;

	lossy_port_counts(lossy, &c);
	printf("lossy tx %" PRIu64 " of %" PRIu64 ", rx %" PRIu64 " of %" PRIu64 "\n", c.tx_lost,
	       c.tx_packets, c.rx_lost, c.rx_packets);
	fflush(stdout);
	return __real_rtls_port_close(p);
}
