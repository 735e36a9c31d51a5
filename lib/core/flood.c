/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/flood.h"

#include "core/record.h"

enum { SECOND_US = 1000000 };

static bool
one_more(uint8_t *n, uint8_t max)
{
	if (*n == max)
		return true;
	++*n;
	return false;
}

bool
flood_record(struct flood *f, uint8_t type, uint32_t len, bool tls12)
{
	switch (type) {
	case RECORD_DATA:
		if (len == 0)
			return one_more(&f->empty, FLOOD_EMPTY_MAX);
		f->empty = 0;
		f->alerts = 0;
		f->handshake = 0;
		return false;
	case RECORD_ALERT:
		return one_more(&f->alerts, FLOOD_ALERTS_MAX);
	case RECORD_HANDSHAKE:
		return tls12 && one_more(&f->handshake, FLOOD_HANDSHAKE_MAX);
	case RECORD_CHANGE_CIPHER_SPEC:
		return one_more(&f->changes, FLOOD_CHANGES_MAX);
	default:
		return false;
	}
}

bool
flood_key_update(struct flood *f, uint64_t now_us, uint32_t per_s)
{
	uint64_t each_us = SECOND_US / per_s;
	uint64_t from_us = f->updates_until_us > now_us ? f->updates_until_us : now_us;

	if (from_us - now_us > SECOND_US - each_us)
		return true;
	f->updates_until_us = from_us + each_us;
	return false;
}
