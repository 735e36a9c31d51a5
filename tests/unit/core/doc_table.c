/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "doc_table.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

int
doc_table_find(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	printf("# what is %s?\n", name);
	CU_FAIL_FATAL("a name of the table");
	return 0;
}
