/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "path.h"

#include <errno.h>
#include <string.h>

#include <recordtls/netem.h>

#include "eal.h"
#include "say.h"

static void
say_no_path(int rc)
{
	if (rc == -ENOMEM)
		eal_say_no_memory("the network of --path");
	else if (rc == -EINVAL)
		say("--path is for ports without inline TLS: a network lies below a NIC, not over it");
	else
		say("the network of --path cannot be made: %s", strerror(-rc));
}

struct rtls_port *
path_port(const struct options_net *o, struct rtls_port *port)
{
	const struct rtls_netem_conf conf = {
		.size = sizeof(conf),
		.loss_ppm = o->path.loss_ppm,
		.reorder_ppm = o->path.reorder_ppm,
		.duplicate_ppm = o->path.duplicate_ppm,
		.delay_us = o->path.delay_us,
		.seed = o->path.seed,
	};
	struct rtls_port *path;
	int rc;

	if (o->path.seed == 0)
		return port;
	rc = rtls_netem_open(port, &conf, &path);
	if (rc == 0) {
		option_path_say(&o->path);
		return path;
	}
	say_no_path(rc);
	rtls_port_close(port);
	return NULL;
}
