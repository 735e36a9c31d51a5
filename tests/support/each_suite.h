/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Runs cases once with each suite that the library carries: peer_use_row() has been called before a
 * case, and a point of its own in the output says which suite it is.
 */
#ifndef RTLS_SUPPORT_EACH_SUITE_H
#define RTLS_SUPPORT_EACH_SUITE_H

#include <stdio.h>
#include <stdlib.h>

#include "support/harness.h"
#include "unit/session/peer.h"

/* Which suites a case is for. */
enum each_suite {
	EACH_SUITE,    /* all */
	EACH_SUITE_13, /* of TLS 1.3: padding, KeyUpdate, an inner type */
	EACH_SUITE_12,
	EACH_SUITE_ONCE, /* the first row alone: the suite means nothing to it */
};

struct each_suite_case {
	const char *name;
	void (*fn)(void);
	enum each_suite of;
};

static unsigned int each_suite_next;

static inline void
each_suite_use(void)
{
	CU_ASSERT_FATAL(peer_use_row(each_suite_next++));
}

static inline bool
each_suite_has(const struct record_suite *s, enum each_suite of)
{
	switch (of) {
	case EACH_SUITE:
		return true;
	case EACH_SUITE_13:
		return s->version == RTLS_TLS_1_3;
	case EACH_SUITE_12:
		return s->version == RTLS_TLS_1_2;
	case EACH_SUITE_ONCE:
		return s == record_suite_row(0);
	}
	return false;
}

/* Once per program; returns its exit code. */
static inline int
each_suite_run(const char *name, const struct each_suite_case *cases, size_t n)
{
	static char names[16][64];
	const struct record_suite *s;
	struct harness_case *all = malloc((n + 1) * 16 * sizeof(*all));
	size_t nb = 0;
	int rc;

	for (unsigned int row = 0; all != NULL && (s = record_suite_row(row)) != NULL && row < 16;
	     row++) {
		snprintf(names[row], sizeof(names[row]), "with %s %s",
			 s->version == RTLS_TLS_1_3 ? "TLS 1.3" : "TLS 1.2", s->name);
		all[nb++] = (struct harness_case){ names[row], each_suite_use };
		for (size_t i = 0; i < n; i++)
			if (each_suite_has(s, cases[i].of))
				all[nb++] = (struct harness_case){ cases[i].name, cases[i].fn };
	}
	rc = all == NULL ? 1 : harness_run(name, all, nb);
	free(all);
	return rc;
}

#endif
