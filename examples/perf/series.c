/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "series.h"

#include <stdlib.h>

enum {
	FIRST_ROOM = 1024,
};

bool
series_add(struct series *s, double v)
{
	if (s->n == s->max) {
		uint32_t max = s->max == 0 ? FIRST_ROOM : 2 * s->max;
		double *more = realloc(s->v, max * sizeof(*more));

		if (more == NULL)
			return false;
		s->v = more;
		s->max = max;
	}
	s->v[s->n++] = v;
	return true;
}

static int
compare(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

struct summary
series_summary(struct series *s)
{
	if (s->n == 0)
		return (struct summary){ 0 };
	qsort(s->v, s->n, sizeof(s->v[0]), compare);
	return (struct summary){
		.min = s->v[0],
		.q1 = s->v[(s->n - 1) / 4],
		.median = (s->v[(s->n - 1) / 2] + s->v[s->n / 2]) / 2,
		.q3 = s->v[s->n - 1 - (s->n - 1) / 4],
		.max = s->v[s->n - 1],
	};
}

void
series_free(struct series *s)
{
	free(s->v);
	*s = (struct series){ 0 };
}
