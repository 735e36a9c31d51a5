/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The clients of the command file: connections on a stack of their own, each of which asks for the
 * same file again as soon as it has it, and looks at every byte.
 */
#ifndef PERF_FILE_CLIENT_H
#define PERF_FILE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

struct file_client_conf {
	struct rtls_stack *stack;
	SSL_CTX *ctx;
	struct rtls_addr local;  /* without a port */
	struct rtls_addr remote; /* with the server's */
	uint32_t conns;
	const char *target;  /* of the requests */
	const uint8_t *file; /* what is to come, and how much; borrowed */
	uint32_t file_len;
};

struct file_client;

/* Its turns connect. NULL: one sentence was printed. */
struct file_client *file_client_create(const struct file_client_conf *conf);

/* Connections that are through with their handshakes. */
uint32_t file_client_ready(const struct file_client *c);

/* So many requests, from now on, of all connections together. */
void file_client_order(struct file_client *c, uint64_t requests);

/* Of the order: asked for or not, and not yet here. */
uint64_t file_client_left(const struct file_client *c);

/* Polls the stack and goes on. False: a connection failed, and one sentence was printed. */
bool file_client_turn(struct file_client *c, uint64_t now_us);

/* Resets what is open. NULL is fine. */
void file_client_destroy(struct file_client *c);

#endif
