/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The host of the command flood: sends all it can to those that download, and answers those that
 * come. */
#ifndef PERF_FLOOD_SERVER_H
#define PERF_FLOOD_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

struct flood_server;

/* NULL: one sentence was printed. */
struct flood_server *flood_server_create(struct link *l);

/* One turn of a program's loop. Returns whether something was done. */
bool flood_server_turn(struct flood_server *s, uint64_t now_us);

/* Downloads that are accepted, with their keys set; the first that is not in the mode asked for. */
uint32_t flood_server_ready(const struct flood_server *s);
const struct rtls_sock *flood_server_not_in_mode(const struct flood_server *s);

/* From now on it sends. */
void flood_server_start(struct flood_server *s);

/* Bytes per second of all downloads together; 0: as fast as it goes. */
void flood_server_pace(struct flood_server *s, uint64_t bytes);

/* A counter of the stack. */
uint64_t flood_server_stat(const struct flood_server *s, const char *name);

/* Of a download; 0 or -errno. */
int flood_server_error(const struct flood_server *s);

/* The clients still take their turns; NULL is fine. */
void flood_server_destroy(struct flood_server *s);

#endif
