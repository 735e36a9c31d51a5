/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/shared.h"

#include <rte_common.h>

#include "buf/pool_name.h"
#include "buf/wipe.h"

enum {
	/* Epochs that drain beside those that each direction has of its own. */
	BEYOND_SHARE = 4, /* one for so many sockets */
	BEYOND_MIN = 64,
};

/* One lcore takes and gives back, seldom: no cache. */
static int
pool_create(struct rte_mempool **out, const struct session_shared_conf *conf, const char *suffix,
	    uint32_t n, size_t size)
{
	const unsigned int flags = RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET |
				   RTE_MEMPOOL_F_NO_IOVA_CONTIG | RTE_MEMPOOL_F_NO_SPREAD;
	char name[RTE_MEMPOOL_NAMESIZE];
	int rc = pool_name(name, conf->name, suffix);

	if (rc != 0)
		return rc;
	*out = rte_mempool_create(name, n, (unsigned int)size, 0, 0, NULL, NULL, NULL, NULL,
				  conf->socket_id, flags);
	return *out == NULL ? pool_refused() : 0;
}

int
session_shared_create(struct session_shared *sh, const struct session_shared_conf *conf)
{
	uint32_t n = conf->max_socks, beyond = RTE_MAX(n / BEYOND_SHARE, (uint32_t)BEYOND_MIN);
	int rc;

	*sh = (struct session_shared){
		.bufs = conf->bufs,
		.provider = conf->provider,
		.store = conf->store,
		.now_us = conf->now_us,
		.epochs.max_beyond = beyond,
	};
	if (conf->audit_key != NULL)
		memcpy(sh->audit_key, conf->audit_key, sizeof(sh->audit_key));
	rc = pool_create(&sh->tx, conf, "tls_tx", n, sizeof(struct tx_tls));
	if (rc == 0)
		rc = pool_create(&sh->rx, conf, "tls_rx", n, sizeof(struct rx_tls));
	if (rc == 0)
		rc = pool_create(&sh->epochs.mem, conf, "epochs", 2 * EPOCHS_OWN * n + beyond,
				 sizeof(struct session_epoch));
	if (rc != 0)
		session_shared_destroy(sh);
	return rc;
}

void
session_shared_destroy(struct session_shared *sh)
{
	rte_mempool_free(sh->tx);
	rte_mempool_free(sh->rx);
	rte_mempool_free(sh->epochs.mem);
	*sh = (struct session_shared){ 0 };
}

uint32_t
session_shared_in_use(const struct session_shared *sh)
{
	return rte_mempool_in_use_count(sh->tx) + rte_mempool_in_use_count(sh->rx) +
	       rte_mempool_in_use_count(sh->epochs.mem);
}

static void *
take(struct rte_mempool *pool, size_t size)
{
	void *p;

	if (rte_mempool_get(pool, &p) != 0)
		return NULL;
	return memset(p, 0, size);
}

struct tx_tls *
session_tx_tls_take(struct session_shared *sh)
{
	struct tx_tls *tls = take(sh->tx, sizeof(*tls));

	if (tls != NULL)
		tls->epochs.pool = &sh->epochs;
	return tls;
}

struct rx_tls *
session_rx_tls_take(struct session_shared *sh)
{
	struct rx_tls *tls = take(sh->rx, sizeof(*tls));

	if (tls != NULL) {
		tls->epochs.pool = &sh->epochs;
		tls->shared = sh;
	}
	return tls;
}

void
session_tx_tls_give(struct session_shared *sh, struct tx_tls *tls)
{
	buf_wipe(tls, sizeof(*tls));
	rte_mempool_put(sh->tx, tls);
}

void
session_rx_tls_give(struct session_shared *sh, struct rx_tls *tls)
{
	buf_wipe(tls, sizeof(*tls));
	rte_mempool_put(sh->rx, tls);
}
