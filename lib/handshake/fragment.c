/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/fragment.h"

#include <openssl/ssl.h>

enum {
	FRAGMENT_MAX = SSL3_RT_MAX_PLAIN_LENGTH,
	FRAGMENT_MIN = 512, /* SSL_set_max_send_fragment(3) */
};

uint16_t
fragment_agreed(const SSL *ssl)
{
	const SSL_SESSION *session = SSL_get_session(ssl);
	uint8_t mode = session != NULL ? SSL_SESSION_get_max_fragment_length(session) : 0;

	if (mode < TLSEXT_max_fragment_length_512 || mode > TLSEXT_max_fragment_length_4096)
		return 0;
	return (uint16_t)(FRAGMENT_MIN << (mode - TLSEXT_max_fragment_length_512));
}

/* A fragment for pipelines is refused if it is above the maximum, by which the maximum is found. */
uint16_t
fragment_lift(SSL *ssl)
{
	long low = FRAGMENT_MIN, high = FRAGMENT_MAX;

	if (SSL_set_split_send_fragment(ssl, FRAGMENT_MAX) == 1)
		return 0;
	while (low < high) {
		long mid = (low + high + 1) / 2;

		if (SSL_set_split_send_fragment(ssl, mid) == 1)
			low = mid;
		else
			high = mid - 1;
	}
	if (SSL_set_max_send_fragment(ssl, FRAGMENT_MAX) != 1)
		return 0;
	(void)SSL_set_split_send_fragment(ssl, FRAGMENT_MAX);
	return (uint16_t)low;
}

void
fragment_lower(SSL *ssl, uint16_t len)
{
	(void)SSL_set_max_send_fragment(ssl, len < FRAGMENT_MIN ? FRAGMENT_MIN : len);
}
