/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "crypto/cryptodev_table.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <rte_dev.h>

static struct cryptodev_device table[RTE_CRYPTO_MAX_DEVS];

enum { QUEUES_MAX = 4 };

static int
start(struct cryptodev_device *d)
{
	int socket = rte_cryptodev_socket_id(d->id), rc;
	struct rte_cryptodev_config conf = { .socket_id = socket };
	const struct rte_cryptodev_qp_conf queue = { .nb_descriptors = 64 };
	struct rte_cryptodev_info info;

	rte_cryptodev_info_get(d->id, &info);
	conf.nb_queue_pairs = (uint16_t)RTE_MIN(info.max_nb_queue_pairs, (uint32_t)QUEUES_MAX);
	rc = rte_cryptodev_configure(d->id, &conf);
	if (rc == -EBUSY)
		return 0; /* the program has started it, and may go on using it: its queues, too */
	for (uint16_t i = 0; rc == 0 && i < conf.nb_queue_pairs; i++)
		rc = rte_cryptodev_queue_pair_setup(d->id, i, &queue, socket);
	if (rc == 0)
		rc = rte_cryptodev_start(d->id);
	d->started = rc == 0;
	d->queues = rc == 0 ? (1u << conf.nb_queue_pairs) - 1 : 0;
	return rc;
}

static void
release(struct cryptodev_device *d)
{
	if (d->started)
		rte_cryptodev_stop(d->id);
	if (d->made)
		rte_eal_hotplug_remove("vdev", d->name);
	memset(d, 0, sizeof(*d));
}

/* Devices that are not there are made by their names, and other things would be, too. */
static bool
is_virtual(const char *name)
{
	return strncmp(name, "crypto_", 7) == 0 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* d is free. */
static int
attach(struct cryptodev_device *d, const char *name)
{
	int id = rte_cryptodev_get_dev_id(name), rc;

	if (strlen(name) >= sizeof(d->name))
		return -ENODEV;
	memcpy(d->name, name, strlen(name));
	if (id < 0 && is_virtual(name)) {
		d->made = rte_eal_hotplug_add("vdev", name, "") == 0;
		id = rte_cryptodev_get_dev_id(name);
	}
	d->id = (uint8_t)id;
	rc = id < 0 ? -ENODEV : start(d);
	if (rc != 0)
		release(d);
	return rc;
}

int
cryptodev_table_get(const char *name, struct cryptodev_device **out)
{
	struct cryptodev_device *d, *room = NULL;
	int rc;

	if (name[0] == '\0')
		return -ENODEV;
	for (d = table; d < table + RTE_DIM(table); d++) {
		if (strcmp(d->name, name) == 0)
			break;
		if (d->name[0] == '\0' && room == NULL)
			room = d;
	}
	if (d == table + RTE_DIM(table)) {
		d = room;
		rc = d == NULL ? -ENFILE : attach(d, name);
		if (rc != 0)
			return rc;
	}
	d->users++;
	*out = d;
	return 0;
}

int
cryptodev_table_take_queue(struct cryptodev_device *d)
{
	int id = __builtin_ffs((int)d->queues) - 1;

	if (id >= 0)
		d->queues &= ~(1u << id);
	return id;
}

void
cryptodev_table_put_queue(struct cryptodev_device *d, int id)
{
	d->queues |= 1u << id;
}

void
cryptodev_table_put(struct cryptodev_device *d)
{
	if (--d->users == 0)
		release(d);
}
