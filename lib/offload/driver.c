/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "offload/driver.h"

#include <errno.h>
#include <string.h>

#include <rte_spinlock.h>

#include "core/conf.h"

enum { DRIVERS_MAX = 16 };

/* The process's. Constructors of libraries fill it in, before DPDK has started. */
static struct rtls_tls_driver drivers[DRIVERS_MAX];
static rte_spinlock_t lock = RTE_SPINLOCK_INITIALIZER;

/* The one of this name; NULL: there is none. An empty name: a free place. */
static struct rtls_tls_driver *
find(const char *name)
{
	for (unsigned int i = 0; i < DRIVERS_MAX; i++) {
		const char *has = drivers[i].name != NULL ? drivers[i].name : "";

		if (strcmp(has, name) == 0)
			return &drivers[i];
	}
	return NULL;
}

int
rtls_tls_driver_register(const struct rtls_tls_driver *user)
{
	struct rtls_tls_driver d, *place;
	int rc = 0;

	if (user == NULL || conf_copy(&d, sizeof(d), user) != 0 || d.name == NULL ||
	    d.name[0] == '\0' || d.ops == NULL || d.dev_of == NULL)
		return -EINVAL;
	rte_spinlock_lock(&lock);
	place = find("");
	if (find(d.name) != NULL)
		rc = -EEXIST;
	else if (place == NULL)
		rc = -ENOSPC;
	else
		*place = d;
	rte_spinlock_unlock(&lock);
	return rc;
}

int
rtls_tls_driver_unregister(const char *name)
{
	struct rtls_tls_driver *d;

	if (name == NULL || name[0] == '\0')
		return -EINVAL;
	rte_spinlock_lock(&lock);
	d = find(name);
	if (d != NULL)
		memset(d, 0, sizeof(*d));
	rte_spinlock_unlock(&lock);
	return d != NULL ? 0 : -ENOENT;
}

bool
offload_driver_find(const char *name, uint16_t port_id, const struct rtls_tls_ops **ops, void **dev)
{
	struct rtls_tls_driver found = { .name = NULL };
	const struct rtls_tls_driver *d;
	void *its;

	if (name == NULL || name[0] == '\0')
		return false;
	rte_spinlock_lock(&lock);
	d = find(name);
	if (d != NULL)
		found = *d;
	rte_spinlock_unlock(&lock);
	if (found.name == NULL)
		return false;
	its = found.dev_of(port_id);
	if (its == NULL)
		return false;
	*ops = found.ops;
	*dev = its;
	return true;
}
