/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/watch_sent.h"

#include <stdlib.h>

/* What stands at a place of what was sent. */
enum oracle_begins
watch_sent(void *arg, int64_t off, uint64_t *rec_no)
{
	int dir = 1 - (int)((const struct watch_end *)arg - watched.end);
	const struct stream *s = sealer_stream(watched.sealer, dir);
	uint64_t n = watched.nb_begins[dir], low = 0, high, mid;
	int64_t end;

	/* Keys do not change here: records lie behind each other. */
	for (; n < s->nb_records; n++) {
		if (n == watched.cap_begins[dir]) {
			watched.cap_begins[dir] = n == 0 ? 1024 : n * 2;
			watched.begins[dir] = realloc(watched.begins[dir],
						      watched.cap_begins[dir] * sizeof(int64_t));
			if (watched.begins[dir] == NULL)
				abort();
		}
		watched.begins[dir][n] = n == 0 ? (int64_t)s->conf.journal->plain_len :
						  watched.begins[dir][n - 1] +
							  s->records[n - 1].wire_len;
	}
	watched.nb_begins[dir] = n;
	for (high = n; low < high;) {
		mid = (low + high) / 2;
		if (watched.begins[dir][mid] < off)
			low = mid + 1;
		else
			high = mid;
	}
	*rec_no = watched.end[1 - dir].rec_no + low;
	if (low < n)
		return watched.begins[dir][low] == off ? ORACLE_BEGINS : ORACLE_BEGINS_NONE;
	/* The next one is not all sent, or lost in front of the wire. */
	end = n == 0 ? (int64_t)s->conf.journal->plain_len :
		       watched.begins[dir][n - 1] + s->records[n - 1].wire_len;
	if (off > end)
		return ORACLE_BEGINS_UNKNOWN;
	return off == end ? ORACLE_BEGINS : ORACLE_BEGINS_NONE;
}
