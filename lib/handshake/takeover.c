/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/takeover.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "handshake/bridge.h"
#include "handshake/derive.h"
#include "handshake/fragment.h"

static void
take_over(struct bridge *br, enum rtls_dir d, const struct rtls_keys *keys)
{
	uint16_t max = fragment_agreed(br->ssl);

	bridge_limits(br, max, max);
	bridge_take_over(br, d, keys);
}

void
takeover_at_change(struct bridge *br, enum rtls_dir d)
{
	struct rtls_keys keys;

	if (SSL_version(br->ssl) != TLS1_2_VERSION || fragment_agreed(br->ssl) == 0)
		return;
	if (derive_from_master(br->ssl, d, &keys))
		take_over(br, d, &keys);
	OPENSSL_cleanse(&keys, sizeof(keys));
}

struct line {
	enum rtls_dir d;
	bool first;
	uint8_t secret[EVP_MAX_MD_SIZE];
	size_t secret_len;
};

/* The value of a digit, or -1. */
static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_secret(const char *hex, struct line *out)
{
	size_t n = 0;

	for (; hex[0] != '\0' && hex[0] != '\n'; hex += 2) {
		int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);

		if (low < 0 || n == sizeof(out->secret))
			return false;
		out->secret[n++] = (uint8_t)(high << 4 | low);
	}
	out->secret_len = n;
	return n != 0;
}

/* LABEL RANDOM SECRET, of an application traffic secret: the first one, or a later one. */
static bool
read_line(const char *text, bool is_server, struct line *out)
{
	static const struct {
		const char *label;
		bool server;
		bool first;
	} labels[] = {
		{ "CLIENT_TRAFFIC_SECRET_0 ", false, true },
		{ "SERVER_TRAFFIC_SECRET_0 ", true, true },
		{ "CLIENT_TRAFFIC_SECRET_N ", false, false },
		{ "SERVER_TRAFFIC_SECRET_N ", true, false },
	};
	const char *hex = strrchr(text, ' ');

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (strncmp(text, labels[i].label, strlen(labels[i].label)) != 0)
			continue;
		out->d = labels[i].server == is_server ? RTLS_TX : RTLS_RX;
		out->first = labels[i].first;
		return read_secret(hex + 1, out);
	}
	return false;
}

void
takeover_line(struct bridge *br, const char *text)
{
	struct rtls_keys keys;
	struct line line;

	if (read_line(text, SSL_is_server(br->ssl) != 0, &line) &&
	    (line.first ? fragment_agreed(br->ssl) != 0 : shadow_there(&br->shadow[line.d]))) {
		/* Once taken, a direction that cannot follow has no keys that fit: it ends. */
		if (derive_from_secret(br->ssl, line.secret, line.secret_len, &keys))
			take_over(br, line.d, &keys);
		else if (!line.first)
			bridge_fail(br, -ENOMEM, "no memory for the next keys");
		OPENSSL_cleanse(&keys, sizeof(keys));
	}
	OPENSSL_cleanse(&line, sizeof(line));
}
