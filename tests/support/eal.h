/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * An EAL for tests: no huge pages, no devices, no files that another test could
 * find, one lcore. It can be started once per process, so a test program of
 * DPDK code starts it in main().
 */
#ifndef RTLS_SUPPORT_EAL_H
#define RTLS_SUPPORT_EAL_H

/* 0, or -1 after a TAP "Bail out!" line. It is cleaned up when the program exits. */
int eal_start(const char *name);

/* The same, and telemetry can be asked. */
int eal_start_watched(const char *name);

/*
 * The program ends without rte_eal_cleanup(). That unmaps EAL's memory while EAL's interrupt thread
 * runs on: where a driver leaves an interrupt registered whose handle lies in there, this thread
 * may touch it.
 */
void eal_leave_up(void);

#endif
