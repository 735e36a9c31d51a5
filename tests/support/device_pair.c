/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/device_pair.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/frame.h"

static void
on_frame(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	struct device_pair *d = arg;
	struct device_pair_wire *w = &d->wire[dir];
	struct frame f;
	uint32_t off;

	(void)now_us;
	CU_ASSERT_PTR_NULL_FATAL(frame_parse(bytes, len, &f));
	if (!f.is_tcp)
		return;
	if ((f.flags & FRAME_SYN) != 0) {
		w->syn = true;
		w->isn = f.seq;
		w->end = 0;
		memset(w->seen, 0, DEVICE_PAIR_STREAM * sizeof(*w->seen));
		return;
	}
	off = f.seq - w->isn - 1;
	if (f.payload_len == 0)
		return;
	CU_ASSERT_FATAL(w->syn && off + f.payload_len <= DEVICE_PAIR_STREAM);
	/* What is sent again is the same. */
	for (uint32_t i = 0; i < f.payload_len; i++) {
		CU_ASSERT_FATAL(!w->seen[off + i] || w->bytes[off + i] == f.payload[i]);
		w->seen[off + i] = true;
		w->bytes[off + i] = f.payload[i];
	}
	if (off + f.payload_len > w->end)
		w->end = off + f.payload_len;
}

static enum cable_verdict
on_filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct device_pair *d = arg;

	return d->filter == NULL ? CABLE_PASS :
				   d->filter(d->filter_arg, dir, frame, len, now_us, delay_us);
}

void
device_pair_init(struct device_pair *d, const struct pair_conf *user_conf)
{
	static unsigned int count;
	struct pair_conf conf = { .caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM };
	char name[24];

	*d = (struct device_pair){ 0 };
	if (user_conf != NULL)
		conf = *user_conf;
	conf.tap = on_frame;
	conf.filter = on_filter;
	conf.arg = d;
	for (int i = 0; i < 2; i++) {
		d->wire[i].bytes = calloc(1, DEVICE_PAIR_STREAM);
		d->wire[i].seen = calloc(DEVICE_PAIR_STREAM, sizeof(bool));
		CU_ASSERT_FATAL(d->wire[i].bytes != NULL && d->wire[i].seen != NULL);
	}
	pair_init(&d->p, &conf);
	d->is_nic = conf.nic[0] != NULL;
	if (d->is_nic)
		return;
	snprintf(name, sizeof(name), "device%u", ++count);
	seal_port_open(&d->dev, d->p.port[0], name);
}

void
device_pair_connect(struct device_pair *d)
{
	pair_connect(&d->p, 0, d->k);
	memset(d->sent, 0, sizeof(d->sent));
	memset(d->epoch, 0, sizeof(d->epoch));
}

struct peer
device_pair_key(int from, unsigned int n)
{
	return peer_key((unsigned int)from * DEVICE_PAIR_KEYS + n, n == 1 ? DEVICE_PAIR_REC_NO : 0);
}

static struct rtls_keys
keys_of(const struct device_pair *d, int from, unsigned int n)
{
	struct peer key = device_pair_key(from, n);

	key.cipher = d->cipher;
	key.tls12 = d->version == RTLS_TLS_1_2;
	return peer_keys(&key);
}

void
device_pair_keys(struct device_pair *d, int from)
{
	struct rtls_keys keys = keys_of(d, from, ++d->epoch[from]);

	pair_set_keys(d->k, from, &keys);
}

int
device_pair_set_keys(struct device_pair *d, int from, int at, unsigned int n)
{
	struct rtls_keys keys = keys_of(d, from, n);

	return rtls_set_keys(d->k[at], from == at ? RTLS_TX : RTLS_RX, &keys);
}

static uint64_t
pattern_at(int from, uint64_t off)
{
	return off + (uint64_t)from * 1000003;
}

void
device_pair_write(struct device_pair *d, int from, uint32_t len)
{
	uint8_t *bytes = malloc(len);
	ssize_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	pair_fill(bytes, pattern_at(from, d->sent[from]), len);
	n = rtls_send(d->k[from], bytes, len, 0);
	CU_ASSERT_EQUAL_FATAL(n, (ssize_t)len);
	d->sent[from] += len;
	free(bytes);
}

void
device_pair_read(struct device_pair *d, int from, uint32_t len)
{
	uint8_t *bytes = malloc(len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	pair_fill(bytes, pattern_at(from, d->sent[from] - len), len);
	pair_expect(&d->p, d->k[1 - from], bytes, len);
	free(bytes);
}

void
device_pair_exchange(struct device_pair *d, uint32_t len)
{
	for (int i = 0; i < 2; i++)
		device_pair_write(d, i, len);
	for (int i = 0; i < 2; i++)
		device_pair_read(d, i, len);
	pair_settle(&d->p);
}

bool
device_pair_is(struct device_pair *d, enum rtls_dir dir, enum rtls_mode mode,
	       enum rtls_mode_reason reason)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(d->k[0], dir, &info), 0);
	if (info.mode == mode && info.reason == reason)
		return true;
	printf("# mode %s reason %s, not %s and %s\n", rtls_mode_name(info.mode),
	       rtls_mode_reason_name(info.reason), rtls_mode_name(mode),
	       rtls_mode_reason_name(reason));
	return false;
}

uint64_t
device_pair_stat(struct device_pair *d, const char *name)
{
	return pair_stat(&d->p, 0, name);
}

void
device_pair_fini(struct device_pair *d)
{
	for (int i = 0; i < 2; i++) {
		if (d->k[i] != NULL)
			CU_ASSERT_EQUAL(rtls_close(d->k[i]), 0);
		d->k[i] = NULL;
	}
	/* The port does not outlive the pair. */
	pair_fini(&d->p);
	if (!d->is_nic)
		seal_port_close(&d->dev);
	for (int i = 0; i < 2; i++) {
		free(d->wire[i].bytes);
		free(d->wire[i].seen);
	}
}

struct rtls_sock_stats
device_pair_sock_stats(const struct device_pair *d)
{
	struct rtls_sock_stats s = { .size = sizeof(s) };

	CU_ASSERT_EQUAL(rtls_sock_stats(d->k[0], &s), 0);
	return s;
}
