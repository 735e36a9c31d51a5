/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <recordtls/addr.h>

/* A prefix length of 0..32 without sign or blank; -EINVAL otherwise. */
static int
parse_prefix(const char *text, uint8_t *out)
{
	unsigned long v;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	v = strtoul(text, &end, 10);
	if (*end != '\0' || v > 32)
		return -EINVAL;
	*out = (uint8_t)v;
	return 0;
}

int
rtls_addr_parse(const char *text, struct rtls_addr *out, uint8_t *prefix_len)
{
	char ip[INET_ADDRSTRLEN];
	struct rtls_addr a = { .family = RTLS_IPV4 };
	uint8_t prefix = 32;
	const char *slash;
	size_t len;

	if (text == NULL || out == NULL)
		return -EINVAL;
	slash = strchr(text, '/');
	len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	if (len >= sizeof(ip) || (slash != NULL && prefix_len == NULL))
		return -EINVAL;
	memcpy(ip, text, len);
	ip[len] = '\0';
	if (inet_pton(AF_INET, ip, a.ip) != 1)
		return -EINVAL;
	if (slash != NULL && parse_prefix(slash + 1, &prefix) != 0)
		return -EINVAL;
	*out = a;
	if (prefix_len != NULL)
		*prefix_len = prefix;
	return 0;
}
