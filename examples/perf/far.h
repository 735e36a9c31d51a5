/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The far side of the command flow: on an lcore of its own, or in turns of somebody else's. */
#ifndef PERF_FAR_H
#define PERF_FAR_H

struct far;
struct link;

/* arg: a struct link. Runs until its stop. For rte_eal_remote_launch(). */
int far_main(void *arg);

/* NULL: one sentence was printed. */
struct far *far_create(struct link *l);
void far_turn(struct far *f);
/* The host is gone; NULL is fine. */
void far_destroy(struct far *f);

#endif
