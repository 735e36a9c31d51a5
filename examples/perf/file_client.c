/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "file_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "common/say.h"

enum {
	BURST = 64,
	PORT_BASE = 10000,
	HEAD_MAX = 1024, /* bytes of an answer's head */
	REQUEST_MAX = 512,
	READ_LEN = 256 << 10,
	NEWCOMERS = 32,
};

enum state {
	SHAKES_HANDS,
	RESTS, /* for want of an order */
	ASKS,
	READS_HEAD,
	READS_FILE,
};

struct file_conn {
	struct rtls_sock *sock;
	SSL *ssl;
	enum state state;
	uint32_t got; /* bytes of the file */
	uint32_t head_len;
	char head[HEAD_MAX + 1];
};

struct file_client {
	struct file_client_conf conf;
	struct file_conn *conns;
	char request[REQUEST_MAX];
	size_t request_len;
	char length[64];   /* the field that says how long the file is */
	uint32_t nb_begun; /* connections, from the first on */
	uint32_t nb_ready;
	uint64_t unasked; /* requests of the order */
	uint64_t left;
	uint8_t *memory;
};

static bool
fail(const char *why)
{
	say("a client's connection failed: %s", why);
	return false;
}

static bool
shake_hands(struct file_client *c, struct file_conn *k)
{
	int rc = rtls_ssl_service(k->ssl);

	if (rc == -EAGAIN)
		return true;
	if (rc < 0)
		return fail(strerror(-rc));
	k->state = RESTS;
	rtls_sock_watch(k->sock, RTLS_READABLE, k);
	c->nb_ready++;
	return true;
}

/* A request is short and alone on its way: it goes whole, or not yet. */
static bool
ask(struct file_client *c, struct file_conn *k)
{
	ssize_t n;

	if (c->unasked == 0) {
		k->state = RESTS;
		return true;
	}
	k->state = ASKS;
	n = rtls_ssl_send(k->ssl, c->request, c->request_len, 0);
	if (n == -EAGAIN || n == -ENOMEM)
		return true;
	if (n != (ssize_t)c->request_len)
		return fail(n < 0 ? strerror((int)-n) : "a request was cut");
	c->unasked--;
	k->state = READS_HEAD;
	k->head_len = 0;
	k->got = 0;
	return true;
}

static bool
take_file(struct file_client *c, struct file_conn *k, const uint8_t *from, size_t len)
{
	if (len > c->conf.file_len - k->got || memcmp(from, c->conf.file + k->got, len) != 0)
		return fail("these are not the bytes of the file");
	k->got += (uint32_t)len;
	if (k->got < c->conf.file_len)
		return true;
	c->left--;
	return ask(c, k);
}

static bool
take_head(struct file_client *c, struct file_conn *k, const uint8_t *from, size_t len)
{
	size_t n = len < HEAD_MAX - k->head_len ? len : HEAD_MAX - k->head_len,
	       before = k->head_len;
	const char *end;

	memcpy(k->head + k->head_len, from, n);
	k->head_len += (uint32_t)n;
	k->head[k->head_len] = '\0';
	end = strstr(k->head, "\r\n\r\n");
	if (end == NULL)
		return k->head_len < HEAD_MAX || fail("the head of an answer has no end");
	if (strncmp(k->head, "HTTP/1.1 200 ", 13) != 0 || strstr(k->head, c->length) == NULL)
		return fail("the file is not served");
	k->state = READS_FILE;
	n = (size_t)(end + 4 - k->head) - before;
	return take_file(c, k, from + n, len - n);
}

static bool
receive(struct file_client *c, struct file_conn *k)
{
	ssize_t n;

	while ((n = rtls_ssl_recv(k->ssl, c->memory, READ_LEN, 0)) > 0)
		if (!(k->state == READS_HEAD ? take_head : take_file)(c, k, c->memory, (size_t)n))
			return false;
	if (n == -EAGAIN || n == -ENOMEM)
		return true;
	return fail(n == 0 ? "the server ended it" : strerror((int)-n));
}

static bool
step(struct file_client *c, struct file_conn *k)
{
	switch (k->state) {
	case SHAKES_HANDS:
		return shake_hands(c, k);
	case RESTS:
		return true;
	case ASKS:
		return ask(c, k);
	case READS_HEAD:
	case READS_FILE:
		return receive(c, k);
	}
	return true;
}

static bool
connect_one(struct file_client *c, uint32_t i)
{
	struct rtls_addr local = c->conf.local;
	struct file_conn *k = &c->conns[i];
	int rc;

	local.port = (uint16_t)(PORT_BASE + i);
	rc = rtls_connect(c->conf.stack, &local, &c->conf.remote, &k->sock);
	if (rc < 0)
		return fail(strerror(-rc));
	k->ssl = SSL_new(c->conf.ctx);
	rc = k->ssl != NULL ? rtls_ssl_attach(k->ssl, k->sock, RTLS_SSL_TRANSPARENT) : -ENOMEM;
	if (rc < 0)
		return fail(strerror(-rc));
	SSL_set_connect_state(k->ssl);
	rtls_sock_watch(k->sock, RTLS_CONNECTED | RTLS_READABLE, k);
	return true;
}

/* Not all at once: a listener takes in so many newcomers and no more. */
static bool
connect_more(struct file_client *c)
{
	while (c->nb_begun < c->conf.conns && c->nb_begun - c->nb_ready < NEWCOMERS)
		if (!connect_one(c, c->nb_begun++))
			return false;
	return true;
}

bool
file_client_turn(struct file_client *c, uint64_t now_us)
{
	struct rtls_event ev[BURST];
	unsigned int n;

	if (!connect_more(c))
		return false;
	rtls_stack_poll(c->conf.stack, now_us);
	n = rtls_events(c->conf.stack, ev, BURST);
	for (unsigned int i = 0; i < n; i++)
		if (!step(c, ev[i].user))
			return false;
	return true;
}

uint32_t
file_client_ready(const struct file_client *c)
{
	return c->nb_ready;
}

void
file_client_order(struct file_client *c, uint64_t requests)
{
	c->unasked += requests;
	c->left += requests;
	for (uint32_t i = 0; i < c->nb_begun; i++)
		if (c->conns[i].state == RESTS)
			ask(c, &c->conns[i]);
}

uint64_t
file_client_left(const struct file_client *c)
{
	return c->left;
}

struct file_client *
file_client_create(const struct file_client_conf *conf)
{
	struct file_client *c = calloc(1, sizeof(*c));
	bool ok = c != NULL;

	if (ok) {
		c->conf = *conf;
		c->request_len = (size_t)snprintf(c->request, sizeof(c->request),
						  "GET %s HTTP/1.1\r\nHost: perf\r\n\r\n",
						  conf->target);
		snprintf(c->length, sizeof(c->length), "\r\nContent-Length: %u\r\n",
			 conf->file_len);
		c->conns = calloc(conf->conns, sizeof(*c->conns));
		c->memory = calloc(1, READ_LEN);
		ok = c->conns != NULL && c->memory != NULL;
	}
	if (!ok)
		say("no memory");
	if (ok)
		return c;
	file_client_destroy(c);
	return NULL;
}

void
file_client_destroy(struct file_client *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; c->conns != NULL && i < c->conf.conns; i++) {
		SSL_free(c->conns[i].ssl);
		if (c->conns[i].sock != NULL)
			rtls_abort(c->conns[i].sock);
	}
	free(c->conns);
	free(c->memory);
	free(c);
}
