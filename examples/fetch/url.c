/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	HTTPS_PORT = 443,
	LABEL_MAX = 63,
};

/* Of ASCII alone, whatever the locale. */
static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* One that a label may have; the underscore is in use. */
static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* Labels of 1 to 63 characters. The last is no number: such a host would be an address (RFC 3696 2). */
static bool
is_name(const char *host)
{
	size_t len = 0;
	bool number = true;

	for (const char *p = host; *p != '\0'; p++) {
		if (*p == '.') {
			if (len == 0)
				return false;
			len = 0;
			number = true;
			continue;
		}
		if (!is_name_char(*p) || ++len > LABEL_MAX)
			return false;
		number = number && is_digit(*p);
	}
	return len != 0 && !number;
}

static bool
parse_port(const char *text, size_t len, uint16_t *out)
{
	unsigned long n = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return false;
		n = 10 * n + (unsigned long)(text[i] - '0');
	}
	if (n == 0 || n > UINT16_MAX)
		return false;
	*out = (uint16_t)n;
	return true;
}

static const char *
take_host(struct url *out, const char *text, size_t len)
{
	if (len != 0 && text[0] == '[')
		return "its host is an IPv6 address, which is not carried yet";
	/* The root's dot belongs neither to SNI nor to a certificate. */
	if (len > 1 && text[len - 1] == '.')
		len--;
	if (len == 0)
		return "it has no host";
	if (len > URL_HOST_MAX)
		return "its host is longer than a name can be";
	for (size_t i = 0; i < len; i++)
		out->host[i] = to_lower(text[i]);
	out->host[len] = '\0';
	if (rtls_addr_parse(out->host, &out->addr, NULL) == 0)
		return NULL;
	out->is_name = true;
	return is_name(out->host) ? NULL : "its host is neither a name nor an IPv4 address";
}

static const char *
take_authority(struct url *out, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len), *wrong;
	size_t host_len = colon != NULL ? (size_t)(colon - text) : len;

	if (memchr(text, '@', len) != NULL)
		return "it has a user name, which would be sent to nobody";
	wrong = take_host(out, text, host_len);
	if (wrong != NULL)
		return wrong;
	out->port = HTTPS_PORT;
	if (colon != NULL && !parse_port(colon + 1, len - host_len - 1, &out->port))
		return "its port is no number from 1 to 65535";
	out->addr.port = out->port;
	if (out->port == HTTPS_PORT)
		snprintf(out->authority, sizeof(out->authority), "%s", out->host);
	else
		snprintf(out->authority, sizeof(out->authority), "%s:%u", out->host, out->port);
	return NULL;
}

const char *
url_parse(const char *text, struct url *out)
{
	const char *wrong, *path;
	size_t len;

	*out = (struct url){ 0 };
	if (strlen(text) > URL_MAX)
		return "it is too long";
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return "spaces and what is not ASCII have to be percent-encoded";
	if (strncasecmp(text, "https://", 8) != 0)
		return "it does not begin with https://";
	text += 8;
	path = text + strcspn(text, "/?#");
	wrong = take_authority(out, text, (size_t)(path - text));
	if (wrong != NULL)
		return wrong;
	/* A fragment is the reader's. */
	len = strcspn(path, "#");
	snprintf(out->target, sizeof(out->target), "%s%.*s", *path == '/' ? "" : "/", (int)len,
		 path);
	return NULL;
}

const char *
url_resolve(struct url *out, const char *text)
{
	const char *first = strchr(text, ':'),
		   *second = first != NULL ? strchr(first + 1, ':') : NULL;
	struct rtls_addr addr;
	uint16_t port;

	if (second == NULL || rtls_addr_parse(second + 1, &addr, NULL) < 0 || addr.port != 0 ||
	    !parse_port(first + 1, (size_t)(second - first - 1), &port))
		return "takes HOST:PORT:ADDR, such as example.org:443:192.0.2.1";
	if (!out->is_name)
		return "is for a name, and the URL has an address";
	if (strlen(out->host) != (size_t)(first - text) ||
	    strncasecmp(out->host, text, strlen(out->host)) != 0 || port != out->port)
		return "is for another host or port than the URL's";
	out->addr = addr;
	out->addr.port = port;
	return NULL;
}
