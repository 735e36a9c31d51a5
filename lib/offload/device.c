/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "offload/device.h"

#include <errno.h>
#include <stddef.h>

#include <rte_common.h>
#include <rte_mempool.h>
#include <rte_security.h>

#include <recordtls/port.h>

#include "buf/pool_name.h"
#include "core/conf.h"

enum {
	DEFAULT_SESSIONS = 2048,
	SESSIONS_MAX = UINT16_MAX, /* what rte_security counts them in */
};

/* Of the first version; it ends behind a whole pointer. */
static bool
ops_complete(const struct rtls_tls_ops *o)
{
	const size_t least = offsetof(struct rtls_tls_ops, poll_events) + sizeof(o->poll_events);

	return o != NULL && o->size >= least && o->size % sizeof(void *) == 0 && o->caps != NULL &&
	       o->add != NULL && o->start != NULL && o->del != NULL && o->poll_events != NULL;
}

/* Nothing that this library has no name for, and the calls that the methods need. */
static bool
caps_valid(const struct rtls_tls_caps *c, const struct rtls_tls_ops *o)
{
	if (c->tx_method > RTLS_TLS_TX_NEXT_RECORD || c->tx_after > RTLS_TLS_TX_RETURNS ||
	    c->rx_method > RTLS_TLS_RX_STACK)
		return false;
	if (c->tx_method == RTLS_TLS_TX_NEXT_RECORD && o->tx_resync == NULL)
		return false;
	return c->rx_method < RTLS_TLS_RX_SCAN || o->rx_resync != NULL;
}

static int
make_sessions(struct offload_device *d, const char *name, int socket_id)
{
	uint32_t n = d->caps.max_contexts != 0 ? d->caps.max_contexts : DEFAULT_SESSIONS;
	unsigned int size = rte_security_session_get_size(d->sec_ctx);
	char full[RTE_MEMPOOL_NAMESIZE];
	int rc = pool_name(full, name, "sess");

	if (rc != 0)
		return rc;
	if (size == 0)
		return -EINVAL;
	/* No cache: sessions are few and slow, and what one lcore caches another misses. */
	d->sessions = rte_mempool_create(full, RTE_MIN(n, (uint32_t)SESSIONS_MAX), size, 0, 0, NULL,
					 NULL, NULL, NULL, socket_id, 0);
	return d->sessions == NULL ? pool_refused() : 0;
}

int
offload_device_vouches(const struct offload_device *d)
{
	if (d->caps.rx_identity == 0)
		return -ENOTSUP;
	return d->rx_mark_off < 0 ? -ENOSPC : 0;
}

uint32_t
offload_device_features(const struct offload_device *d)
{
	uint32_t features = 0;

	if (d->caps.tx_method != RTLS_TLS_TX_NONE)
		features |= RTLS_FEATURE_TLS_TX;
	if (d->caps.rx_method != RTLS_TLS_RX_NONE && offload_device_vouches(d) == 0)
		features |= RTLS_FEATURE_TLS_RX;
	return features;
}

uint32_t
offload_device_contexts(const struct offload_device *d)
{
	return d->sessions != NULL ? rte_mempool_in_use_count(d->sessions) : 0;
}

uint32_t
offload_device_room(const struct offload_device *d)
{
	return d->sessions != NULL ? d->sessions->size : 0;
}

/* Where they are of no use, others need the room. */
static void
find_fields(struct offload_device *d)
{
	if (d->caps.rx_method != RTLS_TLS_RX_NONE && d->caps.rx_identity != 0)
		d->rx_mark_off = rtls_tls_rx_mark_offset();
	if (d->caps.rx_method == RTLS_TLS_RX_SCAN && offload_device_vouches(d) == 0)
		d->rx_resync_off = rtls_tls_rx_resync_offset(&d->rx_resync_flag);
	if (d->rx_resync_off < 0)
		d->rx_resync_off = 0;
}

int
offload_device_init(struct offload_device *d, const char *name, int socket_id)
{
	if (!offload_device_present(d))
		return 0;
	/* With fast metadata rte_security keeps the packet's own words from the driver. */
	if (!ops_complete(d->ops) ||
	    (rte_security_ctx_flags_get(d->sec_ctx) & RTE_SEC_CTX_F_FAST_SET_MDATA) != 0)
		return -EINVAL;
	if (d->ops->size < sizeof(d->shorter)) {
		conf_copy(&d->shorter, sizeof(d->shorter), d->ops);
		d->ops = &d->shorter;
	}
	d->caps = (struct rtls_tls_caps){ .size = sizeof(d->caps) };
	d->ops->caps(d->dev, &d->caps);
	if (!caps_valid(&d->caps, d->ops))
		return -EINVAL;
	find_fields(d);
	d->features = offload_device_features(d);
	return make_sessions(d, name, socket_id);
}

void
offload_device_fini(struct offload_device *d)
{
	rte_mempool_free(d->sessions);
	d->sessions = NULL;
}
