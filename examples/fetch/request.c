/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <recordtls/version.h>

/* What of a file is not there yet, if it is still the same (RFC 9110 13.1.5). */
static size_t
write_range(char *out, size_t cap, const struct request *r)
{
	char date[64] = "";
	struct tm tm;

	if (r->first == 0)
		return 0;
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&r->last_modified, &tm));
	return (size_t)snprintf(out, cap, "Range: bytes=%" PRIu64 "-\r\nIf-Range: %s\r\n", r->first,
				date);
}

static size_t
write_body(char *out, size_t cap, const struct request *r)
{
	if (!r->put)
		return 0;
	return (size_t)snprintf(out, cap, "Content-Length: %" PRIu64 "\r\n%s", r->put_len,
				r->expect ? "Expect: 100-continue\r\n" : "");
}

size_t
request_write(char out[REQUEST_MAX], const struct request *r)
{
	size_t n;

	n = (size_t)snprintf(out, REQUEST_MAX,
			     "%s %s HTTP/1.1\r\n"
			     "Host: %s\r\n"
			     "User-Agent: recordtls-fetch/%s\r\n"
			     "Accept: */*\r\n"
			     "Accept-Encoding: identity\r\n"
			     "Connection: close\r\n",
			     r->put ? "PUT" : "GET", r->url->target, r->url->authority,
			     rtls_version());
	n += write_range(out + n, REQUEST_MAX - n, r);
	n += write_body(out + n, REQUEST_MAX - n, r);
	n += (size_t)snprintf(out + n, REQUEST_MAX - n, "\r\n");
	return n;
}
