/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The far lcore of the command flow. */
#ifndef PERF_FAR_H
#define PERF_FAR_H

/* arg: a struct link. Runs until its stop. For rte_eal_remote_launch(). */
int far_main(void *arg);

#endif
