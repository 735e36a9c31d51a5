/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The words of a document's table. */
#ifndef RTLS_UNIT_CORE_DOC_TABLE_H
#define RTLS_UNIT_CORE_DOC_TABLE_H

#include <stddef.h>

/* Which of these n the word is. One that is none of them ends the test. */
int doc_table_find(const char *const *names, size_t n, const char *name);

#endif
