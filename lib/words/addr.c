/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <recordtls/addr.h>

/* At most max, as it is printed: digits alone, no zero in front; -EINVAL otherwise. */
static int
parse_number(const char *text, unsigned int max)
{
	unsigned int v = 0;

	if (*text == '\0' || (text[0] == '0' && text[1] != '\0'))
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = 10 * v + (unsigned int)(*text - '0');
		if (v > max)
			return -EINVAL;
	}
	return (int)v;
}

/* 0 is how an address says that it has none. */
static int
parse_port(const char *text)
{
	return *text == '0' ? -EINVAL : parse_number(text, UINT16_MAX);
}

int
rtls_addr_parse(const char *text, struct rtls_addr *out, uint8_t *prefix_len)
{
	char ip[INET_ADDRSTRLEN];
	struct rtls_addr a = { .family = RTLS_IPV4 };
	int prefix = 32, port = 0;
	size_t len;

	if (text == NULL || out == NULL)
		return -EINVAL;
	len = strcspn(text, "/:");
	if (len >= sizeof(ip))
		return -EINVAL;
	memcpy(ip, text, len);
	ip[len] = '\0';
	if (inet_pton(AF_INET, ip, a.ip) != 1)
		return -EINVAL;
	if (text[len] == '/')
		prefix = prefix_len == NULL ? -EINVAL : parse_number(text + len + 1, 32);
	else if (text[len] == ':')
		port = prefix_len != NULL ? -EINVAL : parse_port(text + len + 1);
	if (prefix < 0 || port < 0)
		return -EINVAL;
	a.port = (uint16_t)port;
	*out = a;
	if (prefix_len != NULL)
		*prefix_len = (uint8_t)prefix;
	return 0;
}

int
rtls_addr_format(const struct rtls_addr *a, char *buf, size_t size)
{
	char text[RTLS_ADDR_TEXT];
	int len;

	if (buf == NULL)
		return -EINVAL;
	if (size > 0)
		buf[0] = '\0';
	if (a == NULL)
		return -EINVAL;
	if (a->family != RTLS_IPV4)
		return -EAFNOSUPPORT;
	len = snprintf(text, sizeof(text), "%u.%u.%u.%u", a->ip[0], a->ip[1], a->ip[2], a->ip[3]);
	if (a->port != 0)
		len += snprintf(text + len, sizeof(text) - (size_t)len, ":%u", a->port);
	if ((size_t)len >= size)
		return -ENOSPC;
	memcpy(buf, text, (size_t)len + 1);
	return 0;
}
