/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What an https URL says (RFC 3986, RFC 9110 4.2.2). Knows no socket. */
#ifndef FETCH_URL_H
#define FETCH_URL_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/addr.h>

enum {
	URL_HOST_MAX = 253, /* of a name in DNS */
	URL_MAX = 4096,
};

struct url {
	char host[URL_HOST_MAX + 1]; /* in lower case, without the dot at its end */
	bool is_name;                /* the host is a name, not an address */
	struct rtls_addr addr;       /* where it is an address, with the port */
	uint16_t port;
	char authority[URL_HOST_MAX + 7]; /* for the Host field */
	char target[URL_MAX + 2];         /* of the request: path and query */
};

/* NULL, or in a few words what is wrong with it; then *out is not to be used. */
const char *url_parse(const char *text, struct url *out);

/*
 * "HOST:PORT:ADDR", as curl's --resolve has it: ADDR is where the name is. Fills in out->addr where
 * the host is a name. NULL, or what is wrong.
 */
const char *url_resolve(struct url *out, const char *text);

#endif
