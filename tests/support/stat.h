/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One counter by its name; a name that is not there fails the test. */
#ifndef RTLS_SUPPORT_STAT_H
#define RTLS_SUPPORT_STAT_H

#include <stdint.h>

#include <recordtls/stats.h>

/* port: NULL: of the stack. */
uint64_t stat_of(const struct rtls_stack *s, const struct rtls_port *port, const char *name);

/* Of a port that no stack has. */
uint64_t stat_of_port(const struct rtls_port *p, const char *name);

/* Each row of a port's counters has a name that no other has, a meaning and a kind. */
void stat_check_rows(const struct rtls_port *p);

#endif
