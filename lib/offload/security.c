/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "offload/security.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <rte_cryptodev.h>
#include <rte_mempool.h>
#include <rte_security.h>

#include "buf/wipe.h"
#include "crypto/aead_xform.h"

static_assert(RECORD_NONCE_LEN == RTE_SECURITY_TLS_1_3_IMP_NONCE_LEN, "the static IV fits");
static_assert(RECORD_NONCE_NO_OFF == RTE_SECURITY_TLS_1_2_IMP_NONCE_LEN, "the salt fits");

/* A version that is carried: rte_security's word for it, and where it has number and IV. */
struct version {
	uint16_t version; /* as in struct record_suite */
	enum rte_security_tls_version ver;
	void (*set_keys)(struct rte_security_tls_record_xform *x, const struct rtls_keys *keys);
};

static void
set_keys_1_3(struct rte_security_tls_record_xform *x, const struct rtls_keys *keys)
{
	x->tls_1_3.seq_no = keys->rec_no;
	memcpy(x->tls_1_3.imp_nonce, keys->iv, RECORD_NONCE_LEN);
}

/* The nonces of records that are sent stand in them: the device is to make none. */
static void
set_keys_1_2(struct rte_security_tls_record_xform *x, const struct rtls_keys *keys)
{
	x->options.iv_gen_disable = 1;
	x->tls_1_2.seq_no = keys->rec_no;
	memcpy(x->tls_1_2.imp_nonce, keys->iv, RECORD_NONCE_NO_OFF);
}

static const struct version versions[] = {
	{ RTLS_TLS_1_2, RTE_SECURITY_VERSION_TLS_1_2, set_keys_1_2 },
	{ RTLS_TLS_1_3, RTE_SECURITY_VERSION_TLS_1_3, set_keys_1_3 },
};

/* NULL: not carried. */
static const struct version *
version_of(const struct record_suite *s)
{
	for (size_t i = 0; i < RTE_DIM(versions); i++)
		if (versions[i].version == s->version)
			return &versions[i];
	return NULL;
}

/* An IV of which TLS 1.2 sends nothing, and of which its row has room for the salt alone (RFC 7905 2). */
static bool
iv_by_flow(const struct record_suite *s)
{
	return s->version == RTLS_TLS_1_2 && s->explicit_nonce_len == 0;
}

static enum rte_security_tls_sess_type
type_of(enum rtls_dir dir)
{
	return dir == RTLS_TX ? RTE_SECURITY_TLS_SESS_TYPE_WRITE : RTE_SECURITY_TLS_SESS_TYPE_READ;
}

static bool
in_range(const struct rte_crypto_param_range *r, uint16_t v)
{
	if (v < r->min || v > r->max)
		return false;
	return v == r->min || r->increment == 0 || (v - r->min) % r->increment == 0;
}

static bool
lists_suite(const struct rte_cryptodev_capabilities *c, const struct record_suite *s)
{
	if (aead_xform_algos[s->aead] == 0)
		return false;
	for (; c != NULL && c->op != RTE_CRYPTO_OP_TYPE_UNDEFINED; c++) {
		if (c->op != RTE_CRYPTO_OP_TYPE_SYMMETRIC ||
		    c->sym.xform_type != RTE_CRYPTO_SYM_XFORM_AEAD)
			continue;
		if (c->sym.aead.algo == aead_xform_algos[s->aead] &&
		    in_range(&c->sym.aead.key_size, s->key_len))
			return true;
	}
	return false;
}

bool
offload_carries(const struct offload_device *d, const struct record_suite *s, enum rtls_dir dir)
{
	struct rte_security_capability_idx idx = {
		.action = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
	};
	const struct version *v = version_of(s);
	const struct rte_security_capability *c;

	if (!offload_device_present(d) || v == NULL || (iv_by_flow(s) && d->caps.flow_iv == 0))
		return false;
	if (dir == RTLS_TX ?
		    d->caps.tx_method == RTLS_TLS_TX_NONE :
		    d->caps.rx_method == RTLS_TLS_RX_NONE || offload_device_vouches(d) != 0)
		return false;
	idx.tls_record.ver = v->ver;
	idx.tls_record.type = type_of(dir);
	c = rte_security_capability_get(d->sec_ctx, &idx);
	return c != NULL && lists_suite(c->crypto_capabilities, s);
}

/*
 * Of a suite that is carried. The key is not copied here; the driver makes its own copy, and wipes
 * that.
 */
static void *
session_create(const struct offload_device *d, const struct record_suite *s,
	       const struct rtls_keys *keys, enum rtls_dir dir)
{
	struct rte_crypto_sym_xform xform = aead_xform(s, dir == RTLS_TX, keys->key);
	struct rte_security_session_conf conf = {
		.action_type = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.crypto_xform = &xform,
	};
	const struct version *v = version_of(s);
	void *session;

	conf.tls_record.ver = v->ver;
	conf.tls_record.type = type_of(dir);
	v->set_keys(&conf.tls_record, keys);
	session = rte_security_session_create(d->sec_ctx, &conf, d->sessions);
	buf_wipe(&conf, sizeof(conf));
	return session;
}

static int
steer(const struct offload_device *d, const struct rtls_tls_flow *flow, struct offload_ctx *c)
{
	if (flow->dir != RTLS_RX || d->steer_add == NULL)
		return 0;
	return d->steer_add(d->steer_dev, flow, c->session, &c->rule);
}

/* The device has it: so the packets are led there. */
static int
added(const struct offload_device *d, struct offload_ctx *c, const struct rtls_tls_flow *flow)
{
	int rc = steer(d, flow, c);

	if (rc != 0) {
		(void)offload_del(d, c);
		/* No answer of it comes later. */
		return rc == -EINPROGRESS ? -EIO : rc;
	}
	c->state = OFFLOAD_ADDED;
	return 0;
}

static int
add(const struct offload_device *d, const struct record_suite *s, const struct rtls_keys *keys,
    const struct rtls_tls_flow *flow, uint64_t cookie, struct offload_ctx *c)
{
	struct rtls_tls_flow told = *flow;
	int rc;

	if (iv_by_flow(s))
		memcpy(told.iv, keys->iv, sizeof(told.iv));
	rc = d->ops->add(d->dev, c->session, &told, cookie, &c->handle);
	buf_wipe(told.iv, sizeof(told.iv));
	return rc;
}

int
offload_add(const struct offload_device *d, const struct record_suite *s,
	    const struct rtls_keys *keys, const struct rtls_tls_flow *flow, uint64_t cookie,
	    struct offload_ctx *c)
{
	enum rtls_dir dir = (enum rtls_dir)flow->dir;
	int rc;

	memset(c, 0, sizeof(*c));
	if (!offload_carries(d, s, dir))
		return -ENOTSUP;
	c->session = session_create(d, s, keys, dir);
	/* rte_security does not hand on why; an empty pool can be seen. */
	if (c->session == NULL)
		return rte_mempool_empty(d->sessions) ? -ENOSPC : -ENOTSUP;
	rc = add(d, s, keys, flow, cookie, c);
	if (rc != 0 && rc != -EINPROGRESS) {
		(void)offload_del(d, c);
		return rc;
	}
	c->state = OFFLOAD_ADDING;
	/* Marks name its low bits: 0 is what there is where nothing was written. */
	if (dir == RTLS_RX && (uint16_t)c->handle.generation == 0) {
		(void)offload_del(d, c);
		return -EAGAIN;
	}
	return rc == 0 ? added(d, c, flow) : rc;
}

int
offload_added(const struct offload_device *d, struct offload_ctx *c,
	      const struct rtls_tls_flow *flow, int status)
{
	if (c->state != OFFLOAD_ADDING)
		return -EALREADY;
	if (status != 0) {
		(void)offload_del(d, c);
		return status;
	}
	return added(d, c, flow);
}

int
offload_start(const struct offload_device *d, struct offload_ctx *c, uint32_t seq, uint64_t rec_no)
{
	int rc = d->ops->start(d->dev, c->handle, seq, rec_no);

	if (rc != 0) {
		(void)offload_del(d, c);
		return rc;
	}
	c->state = OFFLOAD_STARTED;
	return 0;
}

int
offload_mark(const struct offload_device *d, const struct offload_ctx *c, struct rte_mbuf *m,
	     struct rtls_tls_tx_meta *meta)
{
	int rc;

	meta->ctx = c->handle;
	rc = rte_security_set_pkt_metadata(d->sec_ctx, c->session, m, meta);
	if (rc == 0)
		m->ol_flags |= RTE_MBUF_F_TX_SEC_OFFLOAD;
	return rc;
}

int
offload_del(const struct offload_device *d, struct offload_ctx *c)
{
	const struct rtls_tls_handle handle = c->handle;
	int rc = 0;

	if (c->state == OFFLOAD_DELETING)
		return -EINPROGRESS;
	if (c->rule != NULL)
		d->steer_del(d->steer_dev, c->rule);
	if (offload_has_context(c))
		rc = d->ops->del(d->dev, handle);
	/* Back to the pool as the driver leaves it: wiping the key is the driver's part. */
	if (c->session != NULL)
		(void)rte_security_session_destroy(d->sec_ctx, c->session);
	memset(c, 0, sizeof(*c));
	if (rc != -EINPROGRESS)
		return 0;
	c->state = OFFLOAD_DELETING;
	c->handle = handle;
	return -EINPROGRESS;
}

int
offload_deleted(struct offload_ctx *c)
{
	if (c->state != OFFLOAD_DELETING)
		return -EALREADY;
	memset(c, 0, sizeof(*c));
	return 0;
}
