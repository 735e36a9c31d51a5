/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/stat.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "port/port.h"

static uint64_t
missing(const char *name)
{
	printf("# there is no counter %s\n", name);
	CU_FAIL_FATAL("a counter of this name");
	return 0;
}

uint64_t
stat_of(const struct rtls_stack *s, const struct rtls_port *port, const char *name)
{
	uint64_t value;

	return rtls_stat_get(s, port, name, &value) == 0 ? value : missing(name);
}

uint64_t
stat_of_port(const struct rtls_port *p, const char *name)
{
	for (unsigned int i = 0; i < p->nb_stats; i++)
		if (strcmp(p->stats[i].name, name) == 0)
			return p->stat(p, i);
	return missing(name);
}

void
stat_check_rows(const struct rtls_port *p)
{
	CU_ASSERT(p->nb_stats > 0);
	for (unsigned int i = 0; i < p->nb_stats; i++) {
		const struct rtls_stat_desc *row = &p->stats[i];

		CU_ASSERT_FATAL(row->name != NULL && row->name[0] != '\0');
		/* A name of rte_telemetry. */
		CU_ASSERT(strlen(row->name) < 64);
		CU_ASSERT(row->meaning != NULL && strlen(row->meaning) > 10);
		CU_ASSERT_EQUAL(row->kind, strstr(row->name, "in_use") != NULL ? RTLS_STAT_LEVEL :
										 RTLS_STAT_COUNTER);
		for (unsigned int j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(row->name, p->stats[j].name);
	}
}
