/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a port says about inline TLS: its security context, its calls beyond that
 * (recordtls/offload.h), and how packets find their context. Part of struct
 * rtls_port; all zero where a port has none.
 */
#ifndef RTLS_OFFLOAD_DEVICE_H
#define RTLS_OFFLOAD_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <recordtls/offload.h>

struct rte_mempool;

struct offload_device {
	void *sec_ctx; /* struct rte_security_ctx; NULL: no inline TLS */
	const struct rtls_tls_ops *ops;
	void *dev; /* first argument of ops */
	/*
	 * Leads received packets of a flow to a session: for ethdevs an rte_flow rule; NULL where
	 * the device finds them by itself. 0 and *rule, or a negative errno.
	 */
	int (*steer_add)(void *steer_dev, const struct rtls_tls_flow *flow, void *session,
			 void **rule);
	void (*steer_del)(void *steer_dev, void *rule);
	void *steer_dev;

	/* Set by offload_device_init(). */
	struct rtls_tls_ops shorter; /* ops of an older driver, with NULL for what it lacks */
	struct rtls_tls_caps caps;
	int rx_mark_off; /* rtls_tls_rx_mark_offset(); not above 0: nothing that is received is opened */
	/* RTLS_TLS_RX_SCAN: rtls_tls_rx_resync_offset(), and its flag. 0: nothing is asked by packets */
	int rx_resync_off;
	uint64_t rx_resync_flag;
	struct rte_mempool *sessions;
	uint32_t features; /* RTLS_FEATURE_*: for newcomers; at first all that it has */
};

/*
 * Asks for the capabilities, and makes room for sessions, in a pool called after name, and for what
 * marks say; the fields above are set. 0, also where there is no inline TLS; -EINVAL: calls are missing or
 * capabilities unknown, or the security context has fast metadata, which keeps a packet's own
 * from the driver; -ENOMEM; -EEXIST, -ENAMETOOLONG: of the pool.
 */
int offload_device_init(struct offload_device *d, const char *name, int socket_id);

/* Frees what open made. Safe on a zeroed struct. */
void offload_device_fini(struct offload_device *d);

/* RTLS_FEATURE_* that it has; 0: no inline TLS. */
uint32_t offload_device_features(const struct offload_device *d);

/*
 * Does a mark on a received packet say what it vouches for, so that there may be contexts? 0;
 * -ENOTSUP: the device does not say so; -ENOSPC: mbufs have no room for it.
 */
int offload_device_vouches(const struct offload_device *d);

/* Contexts in use: each has a session. */
uint32_t offload_device_contexts(const struct offload_device *d);

/* So many there is room for. */
uint32_t offload_device_room(const struct offload_device *d);

static inline bool
offload_device_present(const struct offload_device *d)
{
	return d->sec_ctx != NULL;
}

#endif
